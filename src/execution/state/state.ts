import { isCompleted, mayFollow, type Status } from "../../../protocol/base/status.ts";
import { timestamp } from "../../../protocol/base/time.ts";
import { CHAIN_RUNNER } from "../../../protocol/model/action.ts";
import type { Totals } from "../../objects/log.ts";
import type { Birth, ExecutionSpec } from "../../objects/spec.ts";
import type { HeldLease, Standing } from "../handover.ts";
import type { Keeping } from "./keeping.ts";

/** An execution's own record: all of it but its output and its result. One value in the object's storage. */
export interface ExecutionState {
  spec: ExecutionSpec;
  status: Status;
  log: { status: Status; timestamp: string }[];
  start_ms: number;
  end_ms: number | null;
  /** How long it waits before it takes its place in the queue. */
  delay_ms: number;
  exit_code: number | null;
  canceled_by: string | null;
  /** The latest lease: only its agent may append and end, and not that one either once it is void. */
  lease: { epoch: number; agent_id: string; agent_name: string; is_void?: true; is_begun?: true } | null;
  /** Grows with each change, so that the index takes the newest only. */
  version: number;
  /** What others must still be told; retried by the alarm until they have been. */
  outbox: {
    index: boolean;
    pool: "enqueue" | "cancel" | "release" | null;
    parent: boolean;
    /** How many changes of status, of those in the log, the hub knows. */
    announced: number;
  };
  timers: Timers;
  /** Of a parent: how its children are run. */
  family: FamilyPlan | null;
  /** How long it is kept, and what of its output. */
  keeping: Keeping;
  /** Somebody keeps it: nothing of it expires. */
  pinned: boolean;
  /** What the output was, and when it was deleted. */
  expired: { totals: Totals; at_ms: number } | null;
}

/** How the children of an execution are run. */
export type FamilyPlan = HostsPlan | ChainPlan;

/** One child for each host. */
export interface HostsPlan {
  kind: "hosts";
  concurrency: number;
  allow_partial_failure: boolean;
}

/** One child after the other, as the action's chain says. */
export interface ChainPlan {
  kind: "chain";
}

/** Moments (milliseconds since 1970) at which the one alarm has something to do. */
export interface Timers {
  outbox: number | null;
  lease: number | null;
  expiry: number | null;
  removal: number | null;
  family: number | null;
  delay: number | null;
  /** When it has waited for an agent for long enough. State of the first release does not have it. */
  queue?: number | null;
  /** When taking texts out is tried again. Not in the first release either. */
  redaction?: number | null;
}

export function newState(
  spec: ExecutionSpec,
  keeping: Keeping,
  now_ms: number,
  { delay_ms = 0, failure }: Birth = {},
): ExecutionState {
  const is_delayed = delay_ms > 0 && failure === undefined;
  const statuses: Status[] = is_delayed ? ["requested", "delayed"] : ["requested"];
  return {
    spec,
    status: is_delayed ? "delayed" : "requested",
    log: statuses.map((status) => ({ status, timestamp: timestamp(now_ms) })),
    delay_ms,
    start_ms: now_ms,
    end_ms: null,
    exit_code: null,
    canceled_by: null,
    lease: null,
    version: 1,
    outbox: { index: true, pool: is_delayed ? null : "enqueue", parent: false, announced: 0 },
    timers: {
      outbox: null,
      queue: is_delayed ? null : queueDeadline(spec, now_ms),
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

/** When an execution that begins to wait for an agent now has waited for long enough. A chain waits for none. */
export function queueDeadline(
  { queue_timeout_seconds, runner }: ExecutionSpec,
  now_ms: number,
): number | null {
  if (queue_timeout_seconds === undefined || runner.name === CHAIN_RUNNER) return null;
  return now_ms + queue_timeout_seconds * 1000;
}

/**
 * Takes a status and writes it into the log; false where the status machine does not allow it. A clock that was set back in the
 * meantime makes no status earlier than the one before it.
 */
export function changeStatus(state: ExecutionState, status: Status, now_ms: number): boolean {
  if (!mayFollow(state.status, status)) return false;
  const before_ms = Date.parse(state.log.at(-1)?.timestamp ?? "") || 0;
  const at_ms = Math.max(now_ms, state.start_ms, before_ms);
  state.status = status;
  state.log.push({ status, timestamp: timestamp(at_ms) });
  changed(state);
  if (isCompleted(status)) {
    state.end_ms = at_ms;
    state.timers.lease = null;
    state.timers.delay = null;
  }
  // From here on it does not wait, and does not come back into the queue.
  if (status !== "requested" && status !== "scheduled") state.timers.queue = null;
  return true;
}

/** Takes the statuses on the way to `running` that have not been taken yet: whoever runs it told of none of them. */
export function catchUp(state: ExecutionState, now_ms: number): void {
  if (state.status === "requested") changeStatus(state, "scheduled", now_ms);
  if (state.status === "scheduled") changeStatus(state, "running", now_ms);
}

/** What of the state decides over its lease. */
export function standingOf({ spec, status, log, lease }: ExecutionState): Standing {
  const started = lease?.is_begun === true || log.some(({ status }) => status === "running");
  return { pool: spec.pool, status, started, lease: lease && heldLease(lease) };
}

function heldLease({ epoch, agent_id, is_void }: NonNullable<ExecutionState["lease"]>): HeldLease {
  return { epoch, agent_id, ...(is_void ? { is_void } : {}) };
}

/** Something that the index shows is another now. */
export function changed(state: ExecutionState): void {
  state.version++;
  state.outbox.index = true;
}
