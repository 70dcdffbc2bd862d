import { vi } from "vitest";

/** How long a condition may take to hold: on a busy machine everything takes its time. */
const EVENTUALLY_MS_MAX = 20_000;

/** Resolves once an expectation holds, with what it gives. Polls. */
export function eventually<T>(holds: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(holds, { timeout: EVENTUALLY_MS_MAX, interval: 20 });
}
