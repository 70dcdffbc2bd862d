import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { END_BODY_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { isCompleted, STATUSES, type Status } from "../../../protocol/base/status.ts";
import { type Execution, UpdateExecution } from "../../../protocol/model/execution.ts";
import { answerJson } from "../../http/answer.ts";
import { auditDone } from "../../http/audited.ts";
import { readJson } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { type Accessed, access, showsSecrets } from "./access.ts";

/** `PUT` and `DELETE /executions/{id}`: cancel, pause or resume an execution, or report the status of an external runner. */
export const update = new Hono<AppEnv>()
  .put("/:id", async (c) => {
    const { status: named, result } = await readJson(c, UpdateExecution, END_BODY_BYTES_MAX, ["result"]);
    const status = readStatus(named);
    const accessed = await access(c, "execution_stop");
    const { id, object, execution } = accessed;
    const { user } = c.get("principal");
    if (isCompleted(execution.status)) throw completed();
    if (status === "canceling" || status === "canceled") {
      const canceled = await object.cancel(user);
      if (canceled.kind === "canceled") await auditDone(c, "execution.cancel", id);
      return answerJson(c, await again(c, accessed));
    }
    if (status === "pausing" || status === "paused" || status === "resuming") {
      const steered = status === "resuming" ? await object.resume(user) : await object.pause(user);
      if (steered.kind === "refused") throw refused(steered.reason);
      await auditDone(c, status === "resuming" ? "execution.resume" : "execution.pause", id);
      return answerJson(c, await again(c, accessed));
    }
    const updated = await object.update(status, result);
    if (updated.kind === "updated") {
      await auditDone(c, "execution.update", id);
      return answerJson(c, await again(c, accessed));
    }
    if (isCompleted(updated.status)) throw completed();
    throw refused(`Status "${updated.status}" does not become "${status}".`);
  })
  .delete("/:id", async (c) => {
    const accessed = await access(c, "execution_stop");
    const canceled = await accessed.object.cancel(c.get("principal").user);
    if (canceled.kind === "canceled") {
      await auditDone(c, "execution.cancel", accessed.id);
      return answerJson(c, await again(c, accessed));
    }
    return c.json({ faultstring: `Action cannot be canceled. State = ${canceled.status}.` });
  });

/** The current document. */
async function again(c: Context<AppEnv>, { object, execution }: Accessed): Promise<Execution> {
  return (await object.get({ show_secrets: showsSecrets(c) })) ?? execution;
}

function readStatus(named: string | undefined): Status {
  const status = STATUSES.find((one) => one === named);
  if (status) return status;
  const names = STATUSES.map((one) => `'${one}'`).join(", ");
  if (named !== undefined) throw new TailraceError("invalid", `'${named}' is not one of [${names}]`);
  throw new TailraceError("invalid", "status is missing: it is the status that the execution takes.");
}

function completed(): TailraceError {
  return new TailraceError("invalid", "Execution is already in completed state.");
}

function refused(reason: string): TailraceError {
  return new TailraceError("invalid", `Failed updating execution. ${reason}`);
}
