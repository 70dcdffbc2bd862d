import { isCompleted } from "../../../protocol/base/status.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { Refused } from "../../frame/refused.tsx";
import type { OutputLog } from "../../log/output-log.ts";
import type { Session } from "../../server/session.ts";
import type { OutputView } from "./view.ts";

interface NoOutputProps {
  session: Session;
  log: OutputLog;
  execution: Execution | undefined;
  view: OutputView;
}

/** In place of an output without a line: why it has none. */
export function NoOutput({ session, log, execution, view }: NoOutputProps) {
  const { connection } = log;
  if (log.count > 0) return null;
  const error = "error" in connection ? connection.error : undefined;
  if (error !== undefined) {
    return (
      <div class="no-output-page">
        <Refused session={session} error={error} subject="execution">
          {execution && (
            <button type="button" class="primary" onClick={() => view.setDetails(true)}>
              Details
            </button>
          )}
        </Refused>
      </div>
    );
  }
  if (connection.kind === "loading") return <p class="no-output late soft">Reading the output …</p>;
  if (!execution || (connection.kind !== "live" && connection.kind !== "ended")) return null;
  return <p class="no-output soft">{textOf(execution)}</p>;
}

function textOf({ status, waiting }: Execution): string {
  if (status === "succeeded") return "It succeeded and wrote no output.";
  if (isCompleted(status)) return "It wrote no output.";
  if (waiting) return `No output yet. It waits: ${waiting.reason}.`;
  return status === "running"
    ? "No output yet. New lines appear here as they are written."
    : `No output yet. Its status is ${status}.`;
}
