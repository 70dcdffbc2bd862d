import { type Context, Hono } from "hono";
import { demand } from "../auth/permissions.ts";
import { answerJson } from "./answer.ts";
import { auditDone } from "./audited.ts";
import { type AppEnv, executionId, knownExecution, noSuchExecution } from "./context.ts";

/** A pin keeps an execution and its output, whatever their time, until it is taken off. Both may be repeated. */
export const retention = new Hono<AppEnv>()
  .post("/:id/pin", (c) => setPin(c, true))
  .delete("/:id/pin", (c) => setPin(c, false));

async function setPin(c: Context<AppEnv>, pinned: boolean): Promise<Response> {
  const id = await executionId(c);
  const { execution, summary } = await knownExecution(c, id);
  const { action_ref, pool } = summary;
  // StackStorm's permission for whatever changes an execution.
  demand(c.get("principal"), "execution_stop", { kind: "execution", id, action_ref, pool });
  const document = await execution.pin(pinned);
  if (!document) throw noSuchExecution(id);
  await auditDone(c, pinned ? "execution.pin" : "execution.unpin", id);
  return answerJson(c, document);
}
