import { vi } from "vitest";

/** How long a condition may take to hold on a busy machine. */
const EVENTUALLY_MS_MAX = 20_000;

/** Polls until an expectation holds. Resolves with its value. */
export function eventually<T>(holds: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(holds, { timeout: EVENTUALLY_MS_MAX, interval: 20 });
}
