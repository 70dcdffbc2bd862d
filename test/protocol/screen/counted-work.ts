import { Session } from "node:inspector";

/** Native functions whose calls do more than one thing, and how many. */
const NATIVE = [
  [Array.prototype, "splice", (it: unknown[], [start = 0]: number[]) => it.length - start],
  [Array.prototype, "fill", (it: unknown[], [, start = 0, end = it.length]: number[]) => end - start],
  [String.prototype, "repeat", (it: string, [times = 0]: number[]) => it.length * times],
] as const;

// The engine counts the blocks of functions that it has compiled since, so this is imported before any of them runs.
const session = new Session();
session.connect();
session.post("Profiler.enable");
session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });

/**
 * The work that a call makes the screen do: how often each block of its code runs, and the elements that native functions move. It is
 * the same on each machine.
 */
export function screenWork(run: () => void): number {
  let moved = 0;
  const restore = NATIVE.map(([owner, name, sizeOf]) => {
    const native: unknown = Reflect.get(owner, name);
    if (typeof native !== "function") throw new Error(`${name} is no function`);
    Reflect.set(owner, name, function counted(this: never, ...parameters: never[]) {
      moved += Math.max(0, sizeOf(this, parameters));
      return native.apply(this, parameters);
    });
    return () => Reflect.set(owner, name, native);
  });
  try {
    takeBlocks();
    run();
  } finally {
    for (const one of restore) one();
  }
  return takeBlocks() + moved;
}

/** How often the blocks of the screen's code have run since this was last asked. */
function takeBlocks(): number {
  let ran = 0;
  session.post("Profiler.takePreciseCoverage", (error, { result }) => {
    if (error) throw error;
    for (const { url, functions } of result)
      if (/(?<!test)\/protocol\/screen\//.test(url))
        for (const { ranges } of functions) for (const { count } of ranges) ran += count;
  });
  return ran;
}
