import { backoffMs, pause } from "./backoff.ts";

export interface RetryOptions {
  /** Ends the wait, and with it the attempts. */
  signal?: AbortSignal;
  /** Whether another attempt may help; without this, it always may. */
  isWorth?: (error: unknown) => boolean;
  /** Called before each wait that follows a failure. */
  onWait?: (error: unknown, wait_ms: number) => void;
  /** Waits before the first attempt too. */
  waits_first?: boolean;
  attempts_max?: number;
  /** The clock of the waits, for tests. */
  wait?: typeof pause;
}

/**
 * The result of the first attempt that succeeds. Waits between attempts as `backoffMs` says, at most 10 s. Throws the last failure if
 * no attempt is left or worth it, and the signal's reason if the signal aborts during a wait.
 */
export async function retry<T>(
  attempt: () => Promise<T>,
  {
    signal,
    isWorth = () => true,
    onWait,
    waits_first = false,
    attempts_max = Number.POSITIVE_INFINITY,
    wait = pause,
  }: RetryOptions = {},
): Promise<T> {
  let waits = 0;
  if (waits_first) await wait(backoffMs(waits++), signal);
  for (let attempts = 1; ; attempts++) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (signal?.aborted || attempts >= attempts_max || !isWorth(error)) throw error;
      const wait_ms = backoffMs(waits++);
      onWait?.(error, wait_ms);
      await wait(wait_ms, signal);
    }
  }
}
