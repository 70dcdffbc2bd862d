import { isCompleted, mayFollow, type Status } from "../../../protocol/base/status.ts";
import { timestamp } from "../../../protocol/base/time.ts";
import { CHAIN_RUNNER } from "../../../protocol/model/action.ts";
import type { KeptSpec } from "../state/given.ts";
import { OUTBOX_WAIT_MS, owes } from "../state/outbox.ts";
import type { ExecutionState } from "../state/state.ts";
import type { Decision, Effect } from "./decision.ts";
import { beginRetention } from "./keep.ts";

/**
 * Adds a status to a draft and its log; false if the status machine does not allow it. Its time is not before that of the
 * previous status, also after a clock was set back.
 */
export function changeStatus(draft: ExecutionState, status: Status, now_ms: number): boolean {
  if (!mayFollow(draft.status, status)) return false;
  const before_ms = Date.parse(draft.log.at(-1)?.timestamp ?? "") || 0;
  const at_ms = Math.max(now_ms, draft.start_ms, before_ms);
  draft.status = status;
  draft.log.push({ status, timestamp: timestamp(at_ms) });
  noteChange(draft);
  if (isCompleted(status)) {
    draft.end_ms = at_ms;
    draft.timers.lease = null;
    draft.timers.delay = null;
  }
  // From here on the execution does not wait, and does not return to the queue.
  if (status !== "requested" && status !== "scheduled") draft.timers.queue = null;
  return true;
}

/** Adds the statuses up to `running` that the draft has skipped, because its runner does not report them. */
export function catchUp(draft: ExecutionState, now_ms: number): void {
  if (draft.status === "requested") changeStatus(draft, "scheduled", now_ms);
  if (draft.status === "scheduled") changeStatus(draft, "running", now_ms);
}

/** The index must learn of a change. */
export function noteChange(draft: ExecutionState): void {
  draft.version++;
  draft.outbox.index = true;
}

/**
 * The decision after a change of status: it tells the followers and the other objects. The statuses on the way to the end reach
 * the index a moment later, if the run still lasts. The event stream gets `scheduled` together with the next change, which usually
 * follows at once, or a moment later.
 */
export function settled<Answer>(draft: ExecutionState, answer: Answer): Decision<Answer> {
  const effects: Effect[] = [{ kind: "announce" }];
  if (draft.status === "running") effects.push({ kind: "tell_others" });
  else if (draft.status !== "scheduled") effects.push({ kind: "tell" });
  return { state: draft, rows: [], effects, answer };
}

/** The last change of status, with the result. It comes after all output, and ends the followers. */
export function complete<Answer>(
  draft: ExecutionState,
  { status, result, now_ms }: { status: Status; result: Record<string, unknown>; now_ms: number },
  answer: Answer,
): Decision<Answer> {
  const before = draft.status;
  if (!changeStatus(draft, status, now_ms)) throw new Error(`${before} does not become ${status}`);
  beginRetention(draft, now_ms);
  if (!draft.family) draft.outbox.pool = "release";
  draft.outbox.parent = draft.spec.parent !== undefined;
  if (draft.token_epoch !== undefined) draft.outbox.token = draft.token_epoch;
  return {
    state: draft,
    rows: [{ kind: "result", result }],
    effects: [
      { kind: "tell" },
      { kind: "end_followers" },
      ...(draft.spec.trace?.parent_id === undefined ? [] : [{ kind: "trace" as const }]),
    ],
    answer,
  };
}

/** The part of a result that names the user that canceled the execution. */
export function cancelResult({ canceled_by }: ExecutionState): Record<string, unknown> {
  return { message: "Action canceled by user.", user: canceled_by };
}

/** When the time in the queue ends for an execution that enters it now. A chain needs no agent and does not wait. */
export function queueDeadline({ queue_timeout_seconds, runner }: KeptSpec, now_ms: number): number | null {
  if (queue_timeout_seconds === undefined || runner.name === CHAIN_RUNNER) return null;
  return now_ms + queue_timeout_seconds * 1000;
}

/** The state with the timer that its outbox needs. */
export function withOutboxTimer(state: ExecutionState, now_ms: number): ExecutionState {
  const { outbox } = state.timers;
  const wanted_ms = owes(state) ? (outbox ?? now_ms + OUTBOX_WAIT_MS) : null;
  return wanted_ms === outbox ? state : { ...state, timers: { ...state.timers, outbox: wanted_ms } };
}
