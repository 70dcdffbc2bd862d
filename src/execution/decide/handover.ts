import { isCompleted, mayFollow, type Status } from "../../../protocol/base/status.ts";
import type { GiveResult, LeaseHolder } from "../../objects/lease.ts";

/** The latest lease of an execution. It is in force unless it is void. */
export interface HeldLease {
  epoch: number;
  agent_id: string;
  is_void?: true;
}

/** The part of an execution's state that decides about its lease. */
export interface Standing {
  pool: string;
  status: Status;
  /** An agent has started the program, under this lease or an earlier one. */
  started: boolean;
  lease: HeldLease | null;
}

/** The requests to an execution that concern its lease. All but `cancel` name their lease. */
export type LeaseStepEvent =
  | { kind: "give" | "start" | "unlease" | "abandon"; holder: LeaseHolder }
  | { kind: "end"; holder: LeaseHolder; status: Status }
  | { kind: "cancel" };

/** The answer. `canceled`: the execution ends with this request, because no agent holds it. */
export type LeaseStepAnswer =
  | { kind: "done" | "refused" | "ended" | "lease_lost" | "canceled" | "over" | "given" }
  | Extract<GiveResult, { kind: "held" }>;

/** The standing afterwards. It is stored before the answer is given. */
export interface LeaseStep {
  standing: Standing;
  answer: LeaseStepAnswer;
}

/** The execution's side of a handover. */
export function stepLease(standing: Standing, event: LeaseStepEvent): LeaseStep {
  const { status, lease } = standing;
  if (event.kind === "cancel") {
    if (isCompleted(status)) return { standing, answer: { kind: "refused" } };
    return isFree(standing)
      ? { standing: { ...standing, status: "canceled" }, answer: { kind: "canceled" } }
      : { standing: { ...standing, status: "canceling" }, answer: { kind: "done" } };
  }
  if (event.kind === "give") return give(standing, event.holder);
  if (event.kind === "unlease") return unlease(standing, event.holder);
  if (!lease || !isHolder(standing, event.holder)) return { standing, answer: { kind: "lease_lost" } };
  if (isCompleted(status)) return { standing, answer: { kind: "ended" } };
  switch (event.kind) {
    case "start":
      return { standing: started(standing), answer: { kind: "done" } };
    case "end":
      return { standing: { ...started(standing), status: event.status }, answer: { kind: "done" } };
    case "abandon":
      return { standing: { ...standing, status: "abandoned" }, answer: { kind: "done" } };
  }
}

/** Whether the holder's lease is in force. */
export function isHolder({ lease, pool }: Standing, holder: LeaseHolder): boolean {
  if (!lease || lease.is_void || pool !== holder.pool) return false;
  return lease.epoch === holder.epoch && lease.agent_id === holder.agent_id;
}

/** Whether no agent can have started the execution: it has no lease, or a void one. */
export function isFree({ started, lease }: Standing): boolean {
  return !started && (!lease || lease.is_void === true);
}

/** A later epoch voids every lease whose program was not started. */
function give(standing: Standing, { epoch, agent_id, pool }: LeaseHolder): LeaseStep {
  const { status, lease, started } = standing;
  if (standing.pool !== pool || isCompleted(status)) return { standing, answer: { kind: "over" } };
  if (lease && (started ? !lease.is_void : lease.epoch >= epoch)) {
    const held_by = lease.is_void ? null : lease.agent_id;
    return { standing, answer: { kind: "held", epoch: lease.epoch, agent_id: held_by, started } };
  }
  // The pool gives only what no agent has accepted, so no process has to end.
  if (status === "canceling") return canceled(standing);
  if (status !== "requested" && status !== "scheduled") return { standing, answer: { kind: "over" } };
  const given: Standing = { ...standing, status: "scheduled", lease: { epoch, agent_id } };
  return { standing: given, answer: { kind: "given" } };
}

/** The epoch of a void lease is kept: the next one must be later. */
function unlease(standing: Standing, holder: LeaseHolder): LeaseStep {
  const { status, lease, started } = standing;
  if (!lease || !isHolder(standing, holder)) return { standing, answer: { kind: "done" } };
  if (started) return { standing, answer: { kind: "refused" } };
  const voided: Standing = { ...standing, lease: { ...lease, is_void: true } };
  return status === "canceling" ? canceled(voided) : { standing: voided, answer: { kind: "done" } };
}

function canceled(standing: Standing): LeaseStep {
  return { standing: { ...standing, status: "canceled" }, answer: { kind: "canceled" } };
}

/** A started program counts as started, also if its execution is being canceled. */
function started(standing: Standing): Standing {
  const status = mayFollow(standing.status, "running") ? "running" : standing.status;
  return { ...standing, status, started: true };
}
