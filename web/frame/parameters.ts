import { writeExact } from "../../protocol/base/numbers.ts";
import type { Execution } from "../../protocol/model/execution.ts";

/** More than a wide window shows in a line; the page cuts the rest. */
const PARAMETERS_CHARS_MAX = 200;

/** The parameters of an execution in one line: what tells one run of an action from another. */
export function parametersText({ parameters }: Execution): string {
  const text = Object.entries(parameters)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : writeExact(value)}`)
    .join(" ");
  return text.length > PARAMETERS_CHARS_MAX ? `${text.slice(0, PARAMETERS_CHARS_MAX)}…` : text;
}
