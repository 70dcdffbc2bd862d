import { pause } from "../../protocol/base/backoff.ts";

/** How long one look at a promised time waits for the next. */
const TICK_MS = 10;

/** How much later than a promised time this process may see that a promise was kept: a way through agent, server and disk. */
const WAY_MS_MAX = 500;

/**
 * Resolves once a condition holds, and fails where it does not within a promised time. The time is counted in waits of 10 ms, however
 * late each ends: where the machine is busy, this process is late as often as those that keep the promise. To look must be quick.
 */
export async function promised(what: string, ms: number, holds: () => boolean): Promise<void> {
  for (let waited_ms = 0; waited_ms <= ms + WAY_MS_MAX; waited_ms += TICK_MS) {
    if (holds()) return;
    await pause(TICK_MS);
  }
  throw new Error(`${what}: not within ${ms} ms`);
}

/** Resolves when a promised time is over, counted likewise: for what takes long to look at. */
export async function promiseDue(ms: number): Promise<void> {
  for (let waited_ms = 0; waited_ms < ms + WAY_MS_MAX; waited_ms += TICK_MS) await pause(TICK_MS);
}
