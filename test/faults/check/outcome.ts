import { RESULT_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { doubleOf, isStructure } from "../../../protocol/base/numbers.ts";
import { isCompleted } from "../../../protocol/base/status.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import type { Facts, Journal, Replay, Violation } from "../facts.ts";
import { type Script, streamText } from "../programs/lines.ts";

/** The possible difference of timers, and of the clocks of two processes. */
const TOLERANCE_MS = 100;

/** Checks that a program's execution ended as the program did, or as the acts on it explain. */
export function checkOutcome(
  facts: Facts,
  document: Execution,
  script: Script,
  replay: Replay | undefined,
): Violation[] {
  const found: Violation[] = [];
  const violate = (rule: string, text: string) => found.push({ execution: facts.id, rule, text });
  const { journals } = facts;
  if (journals.length > 1)
    violate("one start", `the program was started ${journals.length} times: ${pids(journals)}`);
  const why = unexplained(facts, document, script, journals.at(-1), replay);
  if (why !== undefined) violate("status", `${document.status}: ${why}`);
  else if (document.status === "succeeded" || document.status === "failed") {
    if (journals.length === 1) found.push(...checkResult(facts.id, document, script));
  }
  return found;
}

/** Why a status is impossible; undefined if it is possible. */
function unexplained(
  { acts, allowances }: Facts,
  { status, parameters, runner, log }: Execution,
  script: Script,
  journal: Journal | undefined,
  replay: Replay | undefined,
): string | undefined {
  const exit_code = replay?.end?.exit_code;
  const is_python = runner.name === "python-script";
  const exit = is_python && journal?.exit !== undefined ? script.exit : journal?.exit;
  switch (status) {
    case "succeeded":
      if (exit !== 0) return `its program ended with ${exit ?? "no exit that it noted"}`;
      return exit_code === undefined || exit_code === 0 ? undefined : `with exit code ${exit_code}`;
    case "failed": {
      if (journal === undefined)
        return allowances.start_failure
          ? undefined
          : "its program was never started, and no fault explains it";
      if (exit === undefined || exit === 0)
        return `its program ended with ${exit ?? "no exit that it noted"}`;
      const told = is_python ? 0 : exit;
      return exit_code === undefined || exit_code === told
        ? undefined
        : `with exit code ${exit_code}, not ${told}`;
    }
    case "timeout": {
      const timeout = doubleOf(parameters.timeout);
      if (timeout === undefined) return "it had no timeout of its own";
      const { started_ms, ended_ms } = journal ?? {};
      if (started_ms === undefined || ended_ms === undefined) return undefined;
      // The timeout counts from the process's start. That is after the lease, and an interpreter needs a while to reach its
      // program's first note. The server hears of the start later, on a bad network much later.
      const leased = log.findLast((change) => change.status === "scheduled");
      const ran_ms = ended_ms - Math.min(started_ms, leased ? Date.parse(leased.timestamp) : started_ms);
      if (ran_ms + TOLERANCE_MS < timeout * 1000) return `its program had ended by itself after ${ran_ms} ms`;
      return undefined;
    }
    case "canceled":
      if (acts.some(({ what, answer }) => what === "cancel" && answer !== "refused")) return undefined;
      return "it was not canceled";
    case "abandoned":
      return allowances.abandoned ? undefined : "no agent was away";
    default:
      return isCompleted(status) ? undefined : "it never completed";
  }
}

/** Checks that the result of a program that ended by itself repeats its output and its end. */
function checkResult(execution: string, { result, runner }: Execution, script: Script): Violation[] {
  const found: Violation[] = [];
  const violate = (text: string) => found.push({ execution, rule: "result", text });
  const own = ownResult(result, runner.name);
  if (own === undefined) return [{ execution, rule: "result", text: "there is none" }];
  if (runner.name === "python-script") {
    const value = own.result;
    if (!isStructure(value) || doubleOf(Reflect.get(value, "lines")) !== script.lines)
      violate(`the action returned ${script.lines} lines, and the result says ${JSON.stringify(value)}`);
  } else if (doubleOf(own.return_code) !== script.exit)
    violate(`its return_code is ${JSON.stringify(own.return_code)}, and the program's was ${script.exit}`);
  for (const stream of ["stdout", "stderr"] as const) {
    const text = streamText(execution, script, stream, script.lines).toString("utf8").replace(/\n$/, "");
    if (Buffer.byteLength(text) > SURE_BYTES_MAX) continue;
    if (own[stream] !== text) violate(`its ${stream} is not what was written`);
  }
  return found;
}

/** Up to here, both streams of a result fit its bound as JSON, for any bytes. */
const SURE_BYTES_MAX = RESULT_BYTES_MAX / 8;

/** The result itself. A remote runner has it under the host's name. */
function ownResult(result: unknown, runner: string): Record<string, unknown> | undefined {
  if (!isRecord(result)) return undefined;
  if (!runner.startsWith("remote-")) return result;
  return Object.values(result).find(isRecord);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isStructure(value) && !Array.isArray(value);
}

function pids(journals: Journal[]): string {
  return journals.map(({ pid, started_ms }) => `${pid} at ${new Date(started_ms).toISOString()}`).join(", ");
}
