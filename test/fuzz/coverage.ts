import { type Profiler, Session } from "node:inspector";

/** The code reached since the last look: for each file, by the place of each character. */
export type Reached = Map<string, Uint8Array>;

/** Finds the parts of files that inputs have reached, by the engine's block counts of this thread. */
export class Coverage {
  readonly #session = new Session();
  readonly #isCovered: (url: string) => boolean;
  readonly #known: Reached = new Map();

  constructor(covers: readonly string[]) {
    this.#isCovered = (url) =>
      url.startsWith("file:") && covers.some((end) => isWithin(url.split("?")[0] ?? "", end));
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** The code reached since the last look. */
  look(): Reached {
    const reached: Reached = new Map();
    this.#session.post("Profiler.takePreciseCoverage", (error, params) => {
      if (error) throw error;
      for (const { url, functions } of params.result) {
        if (this.#isCovered(url)) reached.set(url, reachedIn(functions));
      }
    });
    return reached;
  }

  /** Whether it contains new code. */
  isFresh(reached: Reached): boolean {
    for (const [url, now] of reached) {
      const known = this.#known.get(url);
      for (let at = 0; at < now.length; at++) if (now[at] === 1 && known?.[at] !== 1) return true;
    }
    return false;
  }

  /** Marks it as known. */
  learn(reached: Reached): void {
    for (const [url, now] of reached) {
      const before = this.#known.get(url) ?? new Uint8Array();
      const known = new Uint8Array(Math.max(now.length, before.length));
      known.set(before);
      for (let at = 0; at < now.length; at++) if (now[at] === 1) known[at] = 1;
      this.#known.set(url, known);
    }
  }

  /** Characters of code that were reached. */
  get size(): number {
    let sum = 0;
    for (const file of this.#known.values()) for (const one of file) sum += one;
    return sum;
  }

  close(): void {
    this.#session.disconnect();
  }
}

/** Outer ranges come before inner ones. */
function reachedIn(functions: Profiler.FunctionCoverage[]): Uint8Array {
  const ranges = functions.flatMap((one) => one.ranges);
  const reached = new Uint8Array(Math.max(0, ...ranges.map(({ endOffset }) => endOffset)));
  for (const { startOffset, endOffset, count } of ranges)
    reached.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return reached;
}

/** Whether a file is the one that a path's end names, or in the folder that it names. */
function isWithin(file: string, end: string): boolean {
  return end.endsWith("/") ? file.includes(`/${end}`) : file.endsWith(`/${end}`);
}
