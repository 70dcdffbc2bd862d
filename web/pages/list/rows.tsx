import { writeExact } from "../../../protocol/base/numbers.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { grouped } from "../../base/grouped.ts";
import { durationText, momentText } from "../../base/time.ts";

/** Executions as rows, one of them marked. */
export function ListRows({ rows, marked }: { rows: readonly Execution[]; marked: string | undefined }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Status</th>
          <th scope="col">Action</th>
          <th scope="col" class="wide">
            User
          </th>
          <th scope="col">Started</th>
          <th scope="col" class="wide">
            Duration
          </th>
          <th scope="col" class="wide">
            Output
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((execution) => (
          <tr key={execution.id} class={execution.id === marked ? "current" : ""}>
            <td>
              <span class={`status ${execution.status}`}>{execution.status}</span>
            </td>
            <td>
              <a href={`/executions/${execution.id}`}>{execution.action.ref}</a>{" "}
              <code>{parametersText(execution)}</code>
            </td>
            <td class="wide">{String(execution.context.user ?? "")}</td>
            <td class="moment">{momentText(execution.start_timestamp)}</td>
            <td class="wide">
              {execution.elapsed_seconds === undefined ? "" : durationText(execution.elapsed_seconds * 1000)}
            </td>
            <td class="wide">{outputText(execution)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const PARAMETERS_CHARS_MAX = 60;

function parametersText({ parameters }: Execution): string {
  const text = Object.entries(parameters)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : writeExact(value)}`)
    .join(" ");
  return text.length > PARAMETERS_CHARS_MAX ? `${text.slice(0, PARAMETERS_CHARS_MAX)}…` : text;
}

function outputText({ output }: Execution): string {
  if (!output) return "";
  if (output.expired) return "expired";
  const { stdout, stderr, other } = output.bytes;
  return `${grouped(stdout + stderr + other)} bytes`;
}
