import type { Status } from "../../../protocol/base/status.ts";
import { isChain } from "../state/chain.ts";
import type { ExecutionState } from "../state/state.ts";
import { type Context, changedTo, type Decision, draftOf, unchanged } from "./decision.ts";
import { complete } from "./status.ts";

/**
 * `queue_due`: the time in the queue is over. `withdrawn`: the pool has taken the execution out of the queue, and says why
 * it waited.
 */
export type QueueEvent = { kind: "queue_due" } | { kind: "withdrawn"; reason: string };

export interface QueueAnswers {
  queue_due: undefined;
  withdrawn: undefined;
}

export function decideQueue(
  state: ExecutionState,
  event: QueueEvent,
  { now_ms }: Context,
): Decision<undefined> {
  const draft = draftOf(state);
  if (event.kind === "queue_due") {
    // It may return to the queue until it runs.
    draft.timers.queue = mayWait(state) ? now_ms + RECHECK_MS : null;
    return { ...changedTo(draft, undefined), effects: mayWait(state) ? [{ kind: "withdraw" }] : [] };
  }
  if (!mayWait(state)) return unchanged(state, undefined);
  const error = `It waited ${state.spec.queue_timeout_seconds} seconds in the queue: ${event.reason}.`;
  const result = { failed: true, succeeded: false, error };
  return complete(draft, { status: "timeout", result, now_ms }, undefined);
}

/** How long the alarm waits before it checks again whether the agent that took the execution has started it. */
const RECHECK_MS = 5_000;

const WAITING_STATUSES: readonly Status[] = ["requested", "scheduled"];

/** Whether an execution may be in the queue: no agent has started it. */
export function mayWait({ status, spec }: ExecutionState): boolean {
  return WAITING_STATUSES.includes(status) && !isChain(spec);
}
