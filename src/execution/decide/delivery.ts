import { isCompleted, type Status } from "../../../protocol/base/status.ts";
import { FULL_RETRY_MS, OUTBOX_RETRY_MS, owes } from "../state/outbox.ts";
import type { ExecutionState, Outbox } from "../state/state.ts";
import { type Context, changedTo, type Decision, draftOf, unchanged } from "./decision.ts";
import { decideLease } from "./lease.ts";

/**
 * The answers of the outbox's receivers. `index`: the version of the row. `hub`: how many changes of status it knows.
 * `token`: the epoch of the run's token whose streams have ended.
 * `unheld`: the pool was told to cancel, and no agent holds the execution. `full`: the queue is full.
 */
export interface Told {
  index?: number;
  parent?: Status;
  hub?: number;
  token?: number;
  pool?: { what: NonNullable<Outbox["pool"]>; answer: "taken" | "unheld" | "full" };
  /** At least one receiver could not be reached. */
  is_failed: boolean;
}

/** The outbox's answers; and `followed`, the first follower: the agent is to send immediately. */
export type DeliveryEvent = ({ kind: "told" } & Told) | { kind: "followed" };

export interface DeliveryAnswers {
  told: undefined;
  followed: undefined;
}

export function decideDelivery(
  state: ExecutionState,
  event: DeliveryEvent,
  context: Context,
): Decision<undefined> {
  switch (event.kind) {
    case "told":
      return told(state, event, context);
    case "followed": {
      const decision = unchanged(state, undefined);
      return state.status === "running" ? { ...decision, effects: [{ kind: "ask_for_output" }] } : decision;
    }
  }
}

/**
 * Removes delivered entries from the outbox, unless the same receiver must get a newer one. The last entry of all is stored at once:
 * nothing else of a completed execution would store it.
 */
function told(state: ExecutionState, event: Told, context: Context): Decision<undefined> {
  const { now_ms } = context;
  const { index, parent, hub, token, pool, is_failed } = event;
  const draft = draftOf(state);
  const { outbox, timers } = draft;
  if (index === state.version) outbox.index = false;
  if (parent === state.status) outbox.parent = false;
  if (hub !== undefined) outbox.announced = hub;
  if (token !== undefined && token === outbox.token) outbox.token = null;
  if (pool && pool.what === outbox.pool) {
    if (pool.answer === "full") timers.outbox = now_ms + FULL_RETRY_MS;
    else outbox.pool = null;
  }
  if (is_failed) timers.outbox = now_ms + OUTBOX_RETRY_MS;
  // The pool has forgotten the execution, and reports it only once.
  if (pool?.answer === "unheld" && !isCompleted(state.status)) {
    const decision = decideLease(draft, { kind: "unheld" }, context);
    return { ...decision, answer: undefined };
  }
  const is_over = isCompleted(state.status) && !owes(draft);
  return { ...changedTo(draft, undefined), may_wait: !is_failed && pool?.answer !== "full" && !is_over };
}
