import { type Context, Hono } from "hono";
import { RegisterActions } from "../../protocol/action.ts";
import { EndExecution, ExpandExecution } from "../../protocol/agent.ts";
import type { AppendResult } from "../../protocol/append.ts";
import { readBatch } from "../../protocol/batch.ts";
import { TailraceError } from "../../protocol/errors.ts";
import {
  AGENTS_MAX,
  BATCH_BYTES_MAX,
  END_BODY_BYTES_MAX,
  JSON_BODY_BYTES_MAX,
  REGISTER_BODY_BYTES_MAX,
} from "../../protocol/limits.ts";
import { admit } from "../auth/admission.ts";
import { POOL_TARGET } from "../auth/credential.ts";
import { followerHeaders } from "../auth/tags.ts";
import { registerActions } from "../index/actions.ts";
import { registerPacks } from "../index/packs.ts";
import { readJson, readText } from "./body.ts";
import { type AppEnv, executionOf, leaseOf } from "./context.ts";
import { requireAgent } from "./door.ts";
import { leasedKeys } from "./leased.ts";

/** The agents' door: their pool by an agent's key, their executions by a lease. */
export const agent = new Hono<AppEnv>()
  .get("/pools/:pool/connect", requireAgent, async (c) => {
    const pool = c.req.param("pool");
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") throw new TailraceError("upgrade_required");
    const principal = c.get("principal");
    const own = principal.pool;
    if (own !== null && own !== pool)
      throw new TailraceError("forbidden", `The key is for the pool "${own}".`);
    const { webSocket } = await c.env.RUNNER_POOL.getByName(pool).fetch("http://pool/", {
      headers: followerHeaders(principal),
    });
    if (!webSocket) throw new TailraceError("too_many", `The pool "${pool}" is full.`);
    await admit(c, `${POOL_TARGET}${pool}`, [webSocket], AGENTS_MAX);
    return new Response(null, { status: 101, webSocket });
  })
  .post("/actions", requireAgent, async (c) => {
    const { packs, actions } = await readJson(c, RegisterActions, REGISTER_BODY_BYTES_MAX);
    await registerPacks(c.env.INDEX, packs);
    await registerActions(c.env.INDEX, actions);
    return c.json({ registered: actions.length });
  })
  .post("/executions/:id/start", async (c) => {
    const { epoch, execution_id } = await leaseOf(c);
    return answer(c, await executionOf(c, execution_id).start(epoch));
  })
  .post("/executions/:id/chunks", async (c) => {
    const { epoch, execution_id } = await leaseOf(c);
    const { body, ...head } = readBatch(await readText(c, BATCH_BYTES_MAX));
    return answer(c, await executionOf(c, execution_id).append(epoch, head, body));
  })
  .post("/executions/:id/expand", async (c) => {
    const { epoch, execution_id } = await leaseOf(c);
    const children = await readJson(c, ExpandExecution, JSON_BODY_BYTES_MAX);
    return answer(c, await executionOf(c, execution_id).expand(epoch, children));
  })
  .route("/executions", leasedKeys)
  .post("/executions/:id/end", async (c) => {
    const { epoch, execution_id } = await leaseOf(c);
    const end = await readJson(c, EndExecution, END_BODY_BYTES_MAX);
    return answer(c, await executionOf(c, execution_id).end(epoch, end));
  });

/** What the log said, as the answer to its producer. */
function answer(c: Context<AppEnv>, result: AppendResult): Response {
  switch (result.kind) {
    case "appended":
    case "held":
      return c.json({ next: result.next, cancel: result.cancel, flush_ms: result.flush_ms });
    case "gap":
    case "ended":
      throw new TailraceError(result.kind, undefined, result.next);
    case "lease_lost":
      throw new TailraceError("lease_lost");
  }
}
