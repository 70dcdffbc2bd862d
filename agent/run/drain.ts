import type { LeasedExecution } from "../../protocol/wire/agent.ts";
import { timeoutMs } from "../process/command.ts";
import type { EndNote } from "../state/journal.ts";
import type { Ending } from "./ending.ts";
import type { Started } from "./start.ts";

/** Waits until the program has exited or its timeout has ended it, and until all its output is in the spool. */
export async function drain(
  { running, output }: Started,
  { runner_parameters }: LeasedExecution,
  ending: Ending,
): Promise<EndNote> {
  const timer = new AbortController();
  const timeout_ms = timeoutMs(runner_parameters);
  if (timeout_ms) void ending.askAfter(timeout_ms, running, timer.signal);
  const exit = await running.exit;
  timer.abort();
  await ending.done;
  output.finish();
  return running.end(exit, ending.why, output.texts);
}
