import { type Context, Hono } from "hono";
import { answerJson } from "../../http/answer.ts";
import { auditDone } from "../../http/audited.ts";
import type { AppEnv } from "../../http/context.ts";
import { executionId, knownExecution, noSuchExecution } from "../../http/named.ts";
import { demand } from "../../rights/permissions.ts";

/**
 * A pin keeps an execution and its output beyond their retention time, until it is removed. Both requests may be repeated.
 */
export const retention = new Hono<AppEnv>()
  .post("/:id/pin", (c) => setPin(c, true))
  .delete("/:id/pin", (c) => setPin(c, false));

async function setPin(c: Context<AppEnv>, pinned: boolean): Promise<Response> {
  const id = await executionId(c);
  const { execution, summary } = await knownExecution(c, id);
  const { action_ref, pool } = summary;
  // StackStorm's permission for any change of an execution.
  demand(c.get("principal"), "execution_stop", { kind: "execution", id, action_ref, pool });
  const document = await execution.pin(pinned);
  if (!document) throw noSuchExecution(id);
  await auditDone(c, pinned ? "execution.pin" : "execution.unpin", id);
  return answerJson(c, document);
}
