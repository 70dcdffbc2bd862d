import { failureText } from "../../../protocol/base/failure-text.ts";
import { isCompleted } from "../../../protocol/base/status.ts";
import { poolOf } from "../../../protocol/model/default-pool.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { mayRun, mayStop, type Rights } from "../../../protocol/model/permissions.ts";
import { useOnce } from "../../base/once.ts";
import { Collapsed } from "../../frame/collapsed.tsx";
import { href } from "../../server/paths.ts";
import type { Session } from "../../server/session.ts";
import type { EndNotice } from "./end-notice.ts";

interface ActionsProps {
  session: Session;
  rights: Rights;
  execution: Execution;
  onDone: () => void;
  /** The notification at the end of the execution. */
  notice: EndNotice;
  say: (text: string) => void;
}

/** The actions on this execution that the user has the right to. If the server refuses one, the page shows the reason. */
export function Actions({ session, rights, execution, onDone, notice, say }: ActionsProps) {
  const { id, action, status } = execution;
  const pool = poolOf(execution);
  const [busy, once] = useOnce();
  const attempt = (what: () => Promise<boolean>) =>
    once(async () => {
      try {
        const leaves = await what();
        if (!leaves) onDone();
        return leaves;
      } catch (error) {
        say(failureText(error));
        return false;
      }
    });
  const again = async () => {
    const run = await session.client.reRun(id);
    location.assign(href(`/executions/${run.id}`));
    return true;
  };
  const cancel = async () => {
    const answer = await session.client.cancel(id);
    if ("faultstring" in answer) say(answer.faultstring);
    return false;
  };
  const share = async () => {
    const { url } = await session.makeLink(id);
    // The server does not know the path below which a proxy serves it.
    const { search } = new URL(url);
    await navigator.clipboard.writeText(location.origin + href(`/executions/${id}${search}`));
    say("Link copied: it opens this execution for an hour");
    return false;
  };
  const may_run = isCompleted(status) && mayRun(rights, { ref: action.ref, pool });
  return (
    <>
      <Collapsed label="More">
        {!isCompleted(status) && (
          <button
            type="button"
            aria-pressed={notice.wanted}
            title="A notification of the browser when it ends"
            onClick={() => void notice.toggle()}
          >
            Notify
          </button>
        )}
        <button type="button" onClick={() => void attempt(share)}>
          Share
        </button>
        {may_run && (
          <a class="button" href={href(`/run/${action.ref}?from=${id}&pool=${pool}`)}>
            Change and run
          </a>
        )}
      </Collapsed>
      {may_run && (
        <button type="button" disabled={busy} onClick={() => void attempt(again)}>
          Run again
        </button>
      )}
      {!isCompleted(status) && mayStop(rights, execution) && (
        <button
          type="button"
          class="danger"
          disabled={busy || status === "canceling"}
          onClick={() => void attempt(cancel)}
        >
          Cancel
        </button>
      )}
    </>
  );
}
