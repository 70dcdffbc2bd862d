import { isCompleted } from "../../../protocol/base/status.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { grouped } from "../../base/grouped.ts";
import { momentText } from "../../base/time.ts";
import { ConnectionText } from "../../frame/connection.tsx";
import type { LogControl } from "../../log/log-control.ts";

/** The foot of an output: the state of the connection, the output's size, and the selection. */
export function OutputFoot({
  control,
  execution,
}: {
  control: LogControl | undefined;
  execution: Execution | undefined;
}) {
  const count = control?.log.count ?? 0;
  const range = control?.selection.range;
  const expires = execution && isCompleted(execution.status) ? execution.output?.expires : undefined;
  return (
    <footer class="foot">
      <span role="status" id="connection">
        {control && <ConnectionText connection={control.log.connection} />}
      </span>
      {control && (
        <span>
          {grouped(count)} {count === 1 ? "line" : "lines"}
        </span>
      )}
      {range && (
        <span>
          {grouped(range.to - range.from + 1)} selected{" "}
          <button type="button" class="link" onClick={() => void control?.selection.copy()}>
            copy
          </button>
        </span>
      )}
      {expires && <span class="wide">output kept until {momentText(expires)}</span>}
    </footer>
  );
}
