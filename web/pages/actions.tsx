import type { Execution } from "../../protocol/execution.ts";
import { isCompleted } from "../../protocol/status.ts";
import type { Session } from "../session.ts";

interface ActionsProps {
  session: Session;
  execution: Execution;
  onDone: () => void;
  say: (text: string) => void;
}

/** What may be done to it. The server refuses what this user may not do, and says so. */
export function Actions({ session, execution, onDone, say }: ActionsProps) {
  const attempt = async (what: () => Promise<unknown>) => {
    try {
      await what();
      onDone();
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  };
  const again = async () => {
    const { id } = await session.client.reRun(execution.id);
    location.assign(`/executions/${id}`);
  };
  const share = async () => {
    const { url } = await session.client.identity.link(execution.id);
    await navigator.clipboard.writeText(url);
    say("A link that opens this execution for an hour is copied");
  };
  return (
    <>
      <button type="button" class="wide" onClick={() => void attempt(share)}>
        Share
      </button>
      {isCompleted(execution.status) ? (
        <>
          <button type="button" onClick={() => void attempt(again)}>
            Run again
          </button>
          <a class="button wide" href={`/run/${execution.action.ref}?from=${execution.id}`}>
            Change and run
          </a>
        </>
      ) : (
        <button
          type="button"
          class="danger"
          disabled={execution.status === "canceling"}
          onClick={() => void attempt(() => session.client.cancel(execution.id))}
        >
          Cancel
        </button>
      )}
    </>
  );
}
