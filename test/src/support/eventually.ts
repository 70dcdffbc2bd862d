import { vi } from "vitest";

/** How long a condition may take to hold on a busy machine. */
const EVENTUALLY_MS_MAX = 20_000;

/** Polls until an expectation holds. Resolves with its value. */
export function eventually<T>(holds: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(holds, { timeout: EVENTUALLY_MS_MAX, interval: 20 });
}

/** The time between two checks of a promised time. */
const TICK_MS = 10;

/**
 * Resolves once an expectation holds, and fails if it does not hold within a promised time. The time is counted in waits of 10 ms,
 * not by a clock: Worker and test share one thread, so a busy machine delays both alike.
 */
export async function promised<T>(ms: number, holds: () => T | Promise<T>): Promise<T> {
  for (let waited_ms = 0; ; waited_ms += TICK_MS) {
    try {
      return await holds();
    } catch (error) {
      if (waited_ms >= ms) throw error;
    }
    await new Promise((done) => setTimeout(done, TICK_MS));
  }
}
