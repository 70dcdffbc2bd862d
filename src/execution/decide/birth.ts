import type { Status } from "../../../protocol/base/status.ts";
import { timestamp } from "../../../protocol/base/time.ts";
import type { Birth, ExecutionSpec } from "../../objects/spec.ts";
import { keptSpec } from "../state/given.ts";
import type { Keeping } from "../state/keeping.ts";
import { OUTBOX_WAIT_MS } from "../state/outbox.ts";
import type { ExecutionState } from "../state/state.ts";
import { type Context, changedTo, type Decision, draftOf } from "./decision.ts";
import { complete, queueDeadline } from "./status.ts";

/** The first state of an execution, for which the index has a row already. The event `made` stores it. */
export function newState(
  spec: ExecutionSpec,
  keeping: Keeping,
  now_ms: number,
  { delay_ms = 0, failure }: Birth = {},
): ExecutionState {
  const is_delayed = delay_ms > 0 && failure === undefined;
  const statuses: Status[] = is_delayed ? ["requested", "delayed"] : ["requested"];
  const kept = keptSpec(spec);
  return {
    spec: kept,
    status: is_delayed ? "delayed" : "requested",
    log: statuses.map((status) => ({ status, timestamp: timestamp(now_ms) })),
    delay_ms,
    start_ms: now_ms,
    end_ms: null,
    exit_code: null,
    canceled_by: null,
    lease: null,
    version: 1,
    outbox: { index: false, pool: is_delayed ? null : "enqueue", parent: false, announced: 0 },
    timers: {
      outbox: now_ms + OUTBOX_WAIT_MS,
      queue: is_delayed ? null : queueDeadline(kept, now_ms),
      lease: null,
      expiry: null,
      removal: null,
      family: null,
      delay: is_delayed ? now_ms + delay_ms : null,
    },
    family: null,
    keeping,
    pinned: false,
    expired: null,
  };
}

/** The index has the row of a new execution: now its object stores it. */
export type BirthEvent = { kind: "made"; failure?: string | undefined };

export interface BirthAnswers {
  made: undefined;
}

export function decideBirth(
  state: ExecutionState,
  { failure }: BirthEvent,
  { now_ms }: Context,
): Decision<undefined> {
  const draft = draftOf(state);
  if (failure === undefined) return changedTo(draft, undefined);
  return complete(draft, { status: "failed", result: { error: failure }, now_ms }, undefined);
}
