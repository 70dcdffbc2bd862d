import { isCompleted, mayFollow, type Status } from "../../../protocol/base/status.ts";
import type { GiveResult, LeaseHolder } from "../../objects/lease.ts";

/** The latest lease of an execution. It is in force unless it is void. */
export interface HeldLease {
  epoch: number;
  agent_id: string;
  is_void?: true;
}

/** The part of an execution's state that decides about its lease. */
export interface LeaseState {
  pool: string;
  status: Status;
  /** An agent has started the program, under this lease or an earlier one; or others run the execution. */
  started: boolean;
  lease: HeldLease | null;
}

/** The requests to an execution that concern its lease. All but `cancel` name their lease. */
export type LeaseStepEvent =
  | { kind: "give" | "start" | "expand" | "unlease" | "abandon"; holder: LeaseHolder }
  | { kind: "end"; holder: LeaseHolder; status: Status }
  | { kind: "cancel" };

/** The answer. `canceled`: the execution ends with this request, because no agent holds it. */
export type LeaseStepAnswer =
  | { kind: "done" | "refused" | "ended" | "lease_lost" | "canceled" | "over" | "given" }
  | Extract<GiveResult, { kind: "held" }>;

/** The next state. It is stored before the answer is given. */
export interface LeaseStep {
  state: LeaseState;
  answer: LeaseStepAnswer;
}

/** The execution's side of a handover. */
export function stepLease(state: LeaseState, event: LeaseStepEvent): LeaseStep {
  const { status, lease } = state;
  if (event.kind === "cancel") {
    if (isCompleted(status)) return { state, answer: { kind: "refused" } };
    return isFree(state)
      ? { state: { ...state, status: "canceled" }, answer: { kind: "canceled" } }
      : { state: { ...state, status: "canceling" }, answer: { kind: "done" } };
  }
  if (event.kind === "give") return give(state, event.holder);
  if (event.kind === "unlease") return unlease(state, event.holder);
  if (!lease || !isHolder(state, event.holder)) return { state, answer: { kind: "lease_lost" } };
  if (isCompleted(status)) return { state, answer: { kind: "ended" } };
  switch (event.kind) {
    case "start":
      return { state: started(state), answer: { kind: "done" } };
    case "expand":
      // Children run what its program would, so the execution counts as started, and no agent gets it again.
      return { state: { ...started(state), lease: null }, answer: { kind: "done" } };
    case "end":
      return { state: { ...started(state), status: event.status }, answer: { kind: "done" } };
    case "abandon":
      return { state: { ...state, status: "abandoned" }, answer: { kind: "done" } };
  }
}

/** Whether the holder's lease is in force. */
export function isHolder({ lease, pool }: LeaseState, holder: LeaseHolder): boolean {
  if (!lease || lease.is_void || pool !== holder.pool) return false;
  return lease.epoch === holder.epoch && lease.agent_id === holder.agent_id;
}

/** Whether no agent can have started the execution: it has no lease, or a void one. */
export function isFree({ started, lease }: LeaseState): boolean {
  return !started && (!lease || lease.is_void === true);
}

/** A later epoch voids every lease whose program was not started. */
function give(state: LeaseState, { epoch, agent_id, pool }: LeaseHolder): LeaseStep {
  const { status, lease, started } = state;
  if (state.pool !== pool || isCompleted(status)) return { state, answer: { kind: "over" } };
  if (lease && (started ? !lease.is_void : lease.epoch >= epoch)) {
    const held_by = lease.is_void ? null : lease.agent_id;
    return { state, answer: { kind: "held", epoch: lease.epoch, agent_id: held_by, started } };
  }
  // Its children, or an external runner, run it and end it.
  if (started && !lease) return { state, answer: { kind: "over" } };
  // The pool gives only what no agent has accepted, so no process has to end.
  if (status === "canceling") return canceled(state);
  if (status !== "requested" && status !== "scheduled") return { state, answer: { kind: "over" } };
  const given: LeaseState = { ...state, status: "scheduled", lease: { epoch, agent_id } };
  return { state: given, answer: { kind: "given" } };
}

/** The epoch of a void lease is kept: the next one must be later. */
function unlease(state: LeaseState, holder: LeaseHolder): LeaseStep {
  const { status, lease, started } = state;
  if (!lease || !isHolder(state, holder)) return { state, answer: { kind: "done" } };
  if (started) return { state, answer: { kind: "refused" } };
  const voided: LeaseState = { ...state, lease: { ...lease, is_void: true } };
  return status === "canceling" ? canceled(voided) : { state: voided, answer: { kind: "done" } };
}

function canceled(state: LeaseState): LeaseStep {
  return { state: { ...state, status: "canceled" }, answer: { kind: "canceled" } };
}

/** A started program counts as started, also if its execution is being canceled. */
function started(state: LeaseState): LeaseState {
  const status = mayFollow(state.status, "running") ? "running" : state.status;
  return state.started && status === state.status ? state : { ...state, status, started: true };
}
