import { isStructure } from "../../../../protocol/base/numbers.ts";
import type { Execution } from "../../../../protocol/model/execution.ts";
import { shownText } from "../../../../protocol/screen/shown-text.ts";
import { exitText } from "./exit.ts";

/** Why an execution did not succeed. */
export interface Reason {
  /** What ended it: an exit code, a signal, the timeout. */
  headline: string;
  /** The error that the agent, the runner or the server has reported. */
  error: string;
  /** The last lines that it wrote to stderr. */
  stderr: string[];
  /** The hosts or tasks that failed. */
  parts: FailedPart[];
}

/** A host or a task that failed. */
export interface FailedPart {
  name: string;
  /** Its execution, if it has one. */
  id: string | undefined;
  text: string;
  stderr: string[];
}

/** Lines of stderr that a summary repeats, of the execution and of each part, and characters of each. */
const STDERR_LINES_MAX = 5;
const PART_LINES_MAX = 2;
const LINE_CHARS_MAX = 300;

/** Characters at the end of a text in which its last lines are looked for. */
const TAIL_CHARS = 16 * 1024;

/** The reason of an execution that has ended and did not succeed. */
export function reasonOf(execution: Execution): Reason | undefined {
  const { status, result = {} } = execution;
  if (status !== "failed" && status !== "timeout" && status !== "abandoned" && status !== "canceled")
    return undefined;
  const parts = [...failedTasks(result), ...failedHosts(execution, result)];
  return {
    headline: headlineOf(execution, parts),
    error: errorOf(result),
    stderr: lastLines(result.stderr, STDERR_LINES_MAX),
    parts,
  };
}

function headlineOf(
  { status, result = {}, parameters, queue_timeout_seconds, agent }: Execution,
  parts: FailedPart[],
): string {
  if (status === "abandoned") return "Abandoned: its agent stopped or stayed away before the run ended";
  if (status === "canceled")
    return typeof result.user === "string" ? `Canceled by ${result.user}` : "Canceled";
  if (status === "timeout") {
    if (queue_timeout_seconds !== undefined && agent === undefined) return "Timed out in the queue";
    const { timeout } = parameters;
    return timeout === undefined ? "Timed out" : `Timed out: it may take ${String(timeout)} s`;
  }
  const [first, ...others] = parts;
  if (first) return `${first.name} failed${others.length > 0 ? `, and ${others.length} more` : ""}`;
  return exitText(result.return_code ?? result.exit_code) ?? "Failed";
}

/** The error that a result names. StackStorm's traceback ends with what was thrown. */
function errorOf({ error, traceback }: Record<string, unknown>): string {
  if (typeof error === "string") return shortened(shownText(error));
  return typeof traceback === "string" ? (lastLines(traceback, 1)[0] ?? "") : "";
}

function failedTasks({ tasks }: Record<string, unknown>): FailedPart[] {
  if (!Array.isArray(tasks)) return [];
  return tasks.flatMap((task: unknown) => {
    if (!isRecord(task) || !isFailure(task.state)) return [];
    const id = typeof task.execution_id === "string" ? task.execution_id : undefined;
    return [partOf(String(task.name), id, task.result, String(task.state))];
  });
}

/** A remote run's result has the hosts' results by their names. Its children have the order of its hosts. */
function failedHosts({ children = [], runner }: Execution, result: Record<string, unknown>): FailedPart[] {
  if (!runner.name.startsWith("remote-")) return [];
  return Object.entries(result).flatMap(([name, of], at) => {
    if (!isRecord(of) || of.failed !== true) return [];
    const id = children.length === Object.keys(result).length ? children[at] : undefined;
    return [partOf(name, id, of, "failed")];
  });
}

function partOf(name: string, id: string | undefined, result: unknown, state: string): FailedPart {
  if (!isRecord(result)) return { name, id, text: state, stderr: [] };
  const exit = state === "timeout" ? "timed out" : exitText(result.return_code ?? result.exit_code);
  const told = [exit ?? state, errorOf(result)].filter((text) => text !== "");
  return { name, id, text: told.join(": "), stderr: lastLines(result.stderr, PART_LINES_MAX) };
}

function isFailure(state: unknown): boolean {
  return state === "failed" || state === "timeout" || state === "abandoned";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isStructure(value) && !Array.isArray(value);
}

function lastLines(text: unknown, count: number): string[] {
  if (typeof text !== "string") return [];
  const lines = shownText(text.slice(-TAIL_CHARS))
    .split("\n")
    .filter((line) => line.trim() !== "");
  return lines.slice(-count).map(shortened);
}

function shortened(text: string): string {
  return text.length > LINE_CHARS_MAX ? `${text.slice(0, LINE_CHARS_MAX)}…` : text;
}
