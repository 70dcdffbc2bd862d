import { BrokenRule, isAllowed, type Target } from "./target.ts";

/** The limit of one input's processor time, unless its target sets another. */
const INPUT_MS_MAX = 100;

/** How often a slow input is tried again alone, as a garbage collection or a busy machine may have delayed it. */
const ALONE = 10;

/** An input's failure. `key` is the same for failures with one cause. */
export interface Failure {
  key: string;
  text: string;
}

/** Tries one input. Undefined if it succeeds. */
export async function attempt(target: Target, input: string): Promise<Failure | undefined> {
  const { ms_max = INPUT_MS_MAX } = target;
  const began = performance.now();
  const failure = await outcome(target, input);
  // A look at the processor's time costs more than most inputs.
  if (failure !== undefined || performance.now() - began <= ms_max) return failure;
  const taken_ms: number[] = [];
  for (let time = 0; time < ALONE; time++) taken_ms.push(await processorMs(() => outcome(target, input)));
  const least_ms = Math.min(...taken_ms);
  if (least_ms <= ms_max) return undefined;
  return { key: "slow", text: `it takes ${Math.round(least_ms)} ms` };
}

async function outcome(target: Target, input: string): Promise<Failure | undefined> {
  try {
    const answer = target.run(input);
    // Most parsers answer synchronously, and a turn of the loop takes longer than they do.
    if (answer instanceof Promise) await answer;
    return undefined;
  } catch (error) {
    return isAllowed(target, error) ? undefined : failureOf(error);
  }
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { key: "no error", text: `it throws ${String(error)}` };
  const lines = (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  const place = lines.find((line) => !/node:|\/test\/fuzz\/(?:attempt|target)\.ts/.test(line)) ?? "";
  const rule = error instanceof BrokenRule ? error.message.split(":")[0] : "";
  return {
    key: `${error.constructor.name} ${rule} ${place.trim()}`,
    text: `${error.constructor.name}: ${error.message.slice(0, 400)}\n${lines.slice(0, 4).join("\n")}`,
  };
}

async function processorMs(act: () => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  await act();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
