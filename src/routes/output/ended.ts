import type { Context } from "hono";
import { failureText } from "../../../protocol/base/failure-text.ts";
import { ID_PATTERN } from "../../../protocol/base/id.ts";
import type { Resource } from "../../../protocol/model/permissions.ts";
import { authenticate } from "../../auth/authenticate.ts";
import type { AppEnv } from "../../http/context.ts";
import { executionOf } from "../../http/named.ts";
import { answered } from "../../index/answered.ts";
import { type EndedRow, readEndedRow } from "../../index/ended.ts";
import { EndedOutput } from "../../reading/ended/ended-output.ts";
import { edgeCache } from "../../reading/ended/page-cache.ts";
import { demand } from "../../rights/permissions.ts";
import type { Principal } from "../../rights/principal.ts";

/** How long the index may take before the output is read from its object. */
const ROW_WAIT_MS_MAX = 2_000;

/** Throws unless the principal may read the output. */
export type DemandRead = (principal: Principal, resource: Resource) => void;

/**
 * The execution's output, if it is final and may come from the edge's cache; undefined if it is to be read from its object.
 * Throws if the caller may not read it.
 */
export async function endedOutput(
  c: Context<AppEnv>,
  id: string,
  demandRead: DemandRead = demandView,
): Promise<EndedOutput | undefined> {
  if (cachedPagesMax(c.env) === 0 || !ID_PATTERN.test(id)) return undefined;
  let is_first = true;
  const { ask, cache } = { ask: executionOf(c, id), cache: edgeCache(new URL(c.req.url).origin) };
  return EndedOutput.open(id, {
    async row() {
      // A long answer checks the credential again before each of its pages.
      const principal = is_first ? c.get("principal") : await authenticate(c);
      is_first = false;
      const row = await rowOf(c, id);
      if (row) demandRead(principal, { kind: "execution", id, action_ref: row.action, pool: row.pool });
      return row;
    },
    ask: (kind, query) => ask.ended(kind, query),
    cache,
    later: (work) => c.executionCtx.waitUntil(work),
  });
}

/** The pages that one answer takes from the cache; 0 if the cache is not used. A setting of the dashboard is a string. */
export function cachedPagesMax({ CACHED_PAGES_MAX }: Env): number {
  return Number(CACHED_PAGES_MAX) || 0;
}

/** Without an answer of the index, the object is asked: reading an output does not need the index. */
async function rowOf(c: Context<AppEnv>, id: string): Promise<EndedRow | undefined> {
  try {
    return await answered(readEndedRow(c.env.INDEX, id, Date.now()), ROW_WAIT_MS_MAX);
  } catch (error) {
    console.error(`execution ${id}: its output is read from its object: ${failureText(error)}`);
    return undefined;
  }
}

function demandView(principal: Principal, resource: Resource): void {
  demand(principal, "execution_view", resource);
}
