import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { LEAD_LINES_MAX } from "../../../protocol/base/reader-limits.ts";
import { OUTPUT_TYPES, type OutputType } from "../../../protocol/wire/chunk.ts";
import { encodeEvent } from "../../../protocol/wire/line.ts";
import { LAST_BYTES } from "../../execution/log/lines-page.ts";
import { expiredError } from "../../execution/state/tombstone.ts";
import type { AppEnv } from "../../http/context.ts";
import { executionId, executionOf, knownExecution } from "../../http/named.ts";
import { queryInteger, queryList } from "../../http/query.ts";
import type { ExecutionStub } from "../../objects/execution.ts";
import type { LinesPage, LinesQuery } from "../../objects/log.ts";
import { keepEnd } from "../../reading/pages/keep-end.ts";
import { passOver } from "../../reading/pages/pass-over.ts";
import { demand } from "../../rights/permissions.ts";
import { endedOutput } from "./ended.ts";

/**
 * `GET /executions/{id|last}/output/lines`: a page of batches, for readers that page in both directions. NDJSON: the number
 * of lines, then each batch's place among the lines and its chunks. Batches are complete, except the first of the last lines.
 */
export const lines = new Hono<AppEnv>().get("/:id/output/lines", async (c) => {
  const seq = c.req.query("seq") === undefined ? undefined : queryInteger(c, "seq", 1);
  const query = { types: queryTypes(c), place: queryPlace(c), seq, lead: queryLead(c) };
  const id = await executionId(c);
  const ended = await endedOutput(c, id);
  const { total, last_seq, batches } = (await ended?.lines(query)) ?? (await pageOf(c, id, query));
  const [first] = batches;
  const are_last = seq === undefined && query.place === undefined;
  // If some streams are left out, a batch may have little of the others, so it is not shortened.
  if (first && are_last && query.types.length === OUTPUT_TYPES.length) {
    // Characters are counted as bytes: for text with multi-byte characters more is kept than needed.
    const others = batches.slice(1).reduce((chars, { body }) => chars + body.length, 0);
    first.body = keepEnd(first.body, LAST_BYTES - others);
  }
  let body = encodeEvent({ event: "page", total, last_seq });
  for (const { body: chunks, ...head } of batches) {
    body += encodeEvent({ event: "batch", ...head }) + passOver(chunks, query.types);
  }
  return c.body(body, 200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
});

/** The lines that the page has before the requested ones. */
function queryLead(c: Context<AppEnv>): number {
  const lead = queryInteger(c, "lead", 0);
  if (lead >= 0 && lead <= LEAD_LINES_MAX) return lead;
  throw new TailraceError("invalid", `lead is a number of lines from 0 to ${LEAD_LINES_MAX}.`);
}

/** The page is read together with the permission check: both take one round trip to the object. */
async function pageOf(c: Context<AppEnv>, id: string, query: LinesQuery): Promise<LinesPage> {
  const [page] = await Promise.all([executionOf(c, id).linesPage(query), readable(c, id)]);
  return page;
}

/** The execution, if the principal may read its output and the output exists. */
export async function readable(
  c: Context<AppEnv>,
  id: string,
): Promise<{ execution: ExecutionStub; completed: boolean }> {
  const { execution, summary } = await knownExecution(c, id);
  const { action_ref, pool, completed, expired } = summary;
  demand(c.get("principal"), "execution_view", { kind: "execution", id, action_ref, pool });
  if (expired) throw expiredError(id, expired);
  return { execution, completed };
}

/** The streams that `type` names, separated by commas; all without it. */
export function queryTypes(c: Context<AppEnv>): OutputType[] {
  const named = queryList(c, "type") ?? [];
  const types = OUTPUT_TYPES.filter((type) => named.includes(type));
  if (named.length > types.length) {
    throw new TailraceError("invalid", `type is a list of ${OUTPUT_TYPES.join(", ")}, separated by commas.`);
  }
  return types.length === 0 ? [...OUTPUT_TYPES] : types;
}

/** The place that `line` names among the lines of these streams; undefined for the last ones. */
export function queryPlace(c: Context<AppEnv>): number | undefined {
  if (c.req.query("line") === undefined) return undefined;
  const place = queryInteger(c, "line", 1);
  if (place < 1) throw new TailraceError("invalid", "line is the number of a line, 1 or more.");
  return place;
}
