import type { ExecutionState } from "./state.ts";

/**
 * How long the alarm waits before it delivers what nothing has delivered yet: after a crash, or a status for the index. A run
 * that ends sooner is written to the index at its creation and at its end only.
 */
export const OUTBOX_WAIT_MS = 1_000;

/** How long the alarm waits before it repeats a delivery that failed. */
export const OUTBOX_RETRY_MS = 2_000;

/** How long an execution waits before it asks again for a place in a full queue. */
export const FULL_RETRY_MS = 10_000;

/** Whether any receiver must still be told something. */
export function owes(state: ExecutionState): boolean {
  return state.outbox.index || owesOthers(state);
}

/** Whether any receiver but the index must still be told something. */
export function owesOthers({ outbox, log }: ExecutionState): boolean {
  const owes_token = outbox.token !== undefined && outbox.token !== null;
  return outbox.pool !== null || outbox.parent || outbox.announced < log.length || owes_token;
}
