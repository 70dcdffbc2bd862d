import { isCompleted } from "../../../protocol/base/status.ts";
import type { LeaseHolder } from "../../objects/lease.ts";
import type { ExecutionState } from "../state/state.ts";
import { changedTo, type Decision, draftOf, unchanged } from "./decision.ts";
import {
  type HeldLease,
  isHolder,
  type LeaseState,
  type LeaseStepAnswer,
  type LeaseStepEvent,
  stepLease,
} from "./handover.ts";
import { cancelResult, catchUp, changeStatus, complete, settled } from "./status.ts";

/** The part of the state that decides about the lease. */
export function leaseStateOf({ spec, status, log, lease, family }: ExecutionState): LeaseState {
  const is_parent = family !== null;
  const started = is_parent || lease?.is_begun === true || log.some(({ status }) => status === "running");
  return { pool: spec.pool, status, started, lease: lease && heldLease(lease) };
}

/** Whether the holder's lease is in force, has ended with its execution, or is lost. */
export function holdingOf(state: ExecutionState, holder: LeaseHolder): "held" | "ended" | "lease_lost" {
  if (!isHolder(leaseStateOf(state), holder)) return "lease_lost";
  return isCompleted(state.status) ? "ended" : "held";
}

/** The values that a step of the lease adds to the state. */
export interface StepValues {
  now_ms: number;
  /** For `give`: the name of the agent. */
  agent_name?: string;
  /** For a step that ends the execution; the default is the result of a canceled one. */
  result?: Record<string, unknown>;
  exit_code?: number | null;
}

/** Applies a step of the lease to the state. */
export function takeStep(
  state: ExecutionState,
  event: LeaseStepEvent,
  { now_ms, agent_name = state.lease?.agent_name ?? "", result, exit_code }: StepValues,
): Decision<LeaseStepAnswer> {
  const before = leaseStateOf(state);
  const { state: after, answer } = stepLease(before, event);
  if (after === before) return unchanged(state, answer);
  const { lease, status, started } = after;
  const draft = draftOf(state);
  draft.lease = lease && { ...lease, agent_name, ...(started ? { is_begun: true as const } : {}) };
  if (exit_code !== undefined) draft.exit_code = exit_code;
  if (event.kind === "give" || event.kind === "unlease") draft.timers.lease = null;
  if (isCompleted(status)) {
    if (event.kind === "end") catchUp(draft, now_ms);
    return complete(draft, { status, result: result ?? cancelResult(state), now_ms }, answer);
  }
  if (changeStatus(draft, status, now_ms) || event.kind === "give") return settled(draft, answer);
  return changedTo(draft, answer);
}

function heldLease({ epoch, agent_id, is_void }: NonNullable<ExecutionState["lease"]>): HeldLease {
  return { epoch, agent_id, ...(is_void ? { is_void } : {}) };
}
