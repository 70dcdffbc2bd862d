import { isCompleted } from "../../../protocol/base/status.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { grouped } from "../../base/grouped.ts";
import { sizeText } from "../../base/size.ts";
import { Ago, Duration } from "../../frame/duration.tsx";
import { parametersText } from "../../frame/parameters.ts";
import { href } from "../../server/paths.ts";
import type { Session } from "../../server/session.ts";
import { bytesOf, useRunningSizes } from "./running.ts";

interface ListRowsProps {
  session: Session;
  rows: readonly Execution[];
  marked: string | undefined;
}

/** Executions as rows, one of them marked. */
export function ListRows({ session, rows, marked }: ListRowsProps) {
  const { clock } = session;
  const running = useRunningSizes(session, rows);
  return (
    <table class="list">
      <thead>
        <tr>
          <th scope="col">Status</th>
          <th scope="col">Action</th>
          <th scope="col">User</th>
          <th scope="col">Started</th>
          <th scope="col" class="amount">
            Duration
          </th>
          <th scope="col" class="amount">
            Output
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((execution) => (
          <tr key={execution.id} class={`${execution.status}${execution.id === marked ? " current" : ""}`}>
            <td>
              <span class={`status ${execution.status}`}>{execution.status}</span>
            </td>
            <td class="what">
              <a href={href(`/executions/${execution.id}`)}>{execution.action.ref}</a>{" "}
              <code>{parametersText(execution)}</code>
            </td>
            <td>{String(execution.context.user ?? "")}</td>
            <td class="moment">
              <Ago timestamp={execution.start_timestamp} clock={clock} />
            </td>
            <td class="amount">
              <Duration execution={execution} clock={clock} />
            </td>
            <td class="amount">
              <Size execution={execution} running={running.get(execution.id)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The size of an output, so far or in all. The exact one is its title. */
function Size({ execution, running }: { execution: Execution; running: number | undefined }) {
  const { output, status } = execution;
  if (output?.expired) return <>expired</>;
  const bytes = isCompleted(status) ? output && bytesOf(execution) : running;
  return bytes === undefined ? null : <span title={`${grouped(bytes)} bytes`}>{sizeText(bytes)}</span>;
}
