import { failureText } from "../../../protocol/base/failure-text.ts";
import { isCompleted } from "../../../protocol/base/status.ts";
import { poolOf } from "../../../protocol/model/default-pool.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { mayRun, mayStop, type Rights } from "../../../protocol/model/permissions.ts";
import type { Session } from "../../server/session.ts";

interface ActionsProps {
  session: Session;
  rights: Rights;
  execution: Execution;
  onDone: () => void;
  say: (text: string) => void;
}

/** The actions on this execution that the user has the right to. If the server refuses one, the page shows the reason. */
export function Actions({ session, rights, execution, onDone, say }: ActionsProps) {
  const { id, action, status } = execution;
  const pool = poolOf(execution);
  const attempt = async (what: () => Promise<unknown>) => {
    try {
      await what();
      onDone();
    } catch (error) {
      say(failureText(error));
    }
  };
  const again = async () => {
    const run = await session.client.reRun(id);
    location.assign(`/executions/${run.id}`);
  };
  const cancel = async () => {
    const answer = await session.client.cancel(id);
    if ("faultstring" in answer) say(answer.faultstring);
  };
  const share = async () => {
    const { url } = await session.client.identity.link(id);
    await navigator.clipboard.writeText(url);
    say("Link copied: it opens this execution for an hour");
  };
  return (
    <>
      <button type="button" class="wide" onClick={() => void attempt(share)}>
        Share
      </button>
      {isCompleted(status) && mayRun(rights, { ref: action.ref, pool }) && (
        <>
          <button type="button" onClick={() => void attempt(again)}>
            Run again
          </button>
          <a class="button wide" href={`/run/${action.ref}?from=${id}&pool=${pool}`}>
            Change and run
          </a>
        </>
      )}
      {!isCompleted(status) && mayStop(rights, execution) && (
        <button
          type="button"
          class="danger"
          disabled={status === "canceling"}
          onClick={() => void attempt(cancel)}
        >
          Cancel
        </button>
      )}
    </>
  );
}
