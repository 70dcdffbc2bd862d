import { pause } from "../../protocol/base/backoff.ts";

/** The time between two checks of a promised time. */
const TICK_MS = 10;

/** The longest delay from the promised event until this process sees it: through agent, server and disk. */
const WAY_MS_MAX = 500;

/**
 * Resolves once a condition holds, and fails if it does not hold within a promised time. The time is counted in waits of 10 ms, not by
 * a clock: a busy machine delays this process as much as the tested ones. The condition must be quick to check.
 */
export async function promised(what: string, ms: number, holds: () => boolean): Promise<void> {
  for (let waited_ms = 0; waited_ms <= ms + WAY_MS_MAX; waited_ms += TICK_MS) {
    if (holds()) return;
    await pause(TICK_MS);
  }
  throw new Error(`${what}: not within ${ms} ms`);
}

/**
 * Measures promised times between events, from its making on, in waits of 10 ms: a busy machine delays this process as much as the tested
 * ones.
 */
export class CountedTime {
  #ms = 0;
  readonly #ticking = setInterval(() => {
    this.#ms += TICK_MS;
  }, TICK_MS);

  get ms(): number {
    return this.#ms;
  }

  stop(): void {
    clearInterval(this.#ticking);
  }
}

/** Resolves when a promised time is over, counted in the same way: for conditions that take long to check. */
export async function promiseDue(ms: number): Promise<void> {
  for (let waited_ms = 0; waited_ms < ms + WAY_MS_MAX; waited_ms += TICK_MS) await pause(TICK_MS);
}
