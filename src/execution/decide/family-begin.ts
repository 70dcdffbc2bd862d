import type { ExecutionState, FamilyPlan } from "../state/state.ts";

/** How long the alarm waits before it tries again to reach children. */
export const FAMILY_RETRY_MS = 5_000;

/** The execution has children from here on, and the alarm tends them. */
export function beginFamily(draft: ExecutionState, plan: FamilyPlan, now_ms: number): void {
  draft.family = plan;
  draft.timers.family = now_ms + FAMILY_RETRY_MS;
}
