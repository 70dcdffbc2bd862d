import type { ExecutionState } from "../state/state.ts";

/** How long the alarm waits before it tells again what could not be told. */
export const OUTBOX_RETRY_MS = 2_000;

/** How long an execution waits before it asks again for a place in a queue that is full. */
export const FULL_RETRY_MS = 10_000;

/** Whether somebody must still be told something. */
export function owes(state: ExecutionState): boolean {
  return state.outbox.index || owesOthers(state);
}

/** Whether anybody but the index must. */
export function owesOthers({ outbox, log }: ExecutionState): boolean {
  return outbox.pool !== null || outbox.parent || outbox.announced < log.length;
}
