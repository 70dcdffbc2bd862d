import type { ExecutionState } from "../state/state.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Begins the time for which an execution is kept: at its end, and again when its pin is removed. */
export function beginRetention(draft: ExecutionState, now_ms: number): void {
  const { output_ttl_days, execution_ttl_days } = draft.keeping;
  const removal = draft.pinned ? null : afterDays(now_ms, execution_ttl_days);
  const expiry = draft.pinned ? null : afterDays(now_ms, output_ttl_days);
  draft.timers.removal = removal;
  // The output is deleted with the execution at the latest.
  draft.timers.expiry = draft.expired ? null : earlier(expiry, removal);
}

function afterDays(now_ms: number, days: number): number | null {
  return days > 0 ? now_ms + Math.ceil(days * DAY_MS) : null;
}

function earlier(a_ms: number | null, b_ms: number | null): number | null {
  if (a_ms === null || b_ms === null) return a_ms ?? b_ms;
  return Math.min(a_ms, b_ms);
}
