import { isCompleted, mayFollow, type Status } from "../../protocol/base/status.ts";
import type { GiveResult, LeaseHolder } from "../objects/lease.ts";

/** The lease of an execution: the latest, in force unless it is void. */
export interface HeldLease {
  epoch: number;
  agent_id: string;
  is_void?: true;
}

/** What of an execution decides over its lease. */
export interface Standing {
  pool: string;
  status: Status;
  /** An agent has started the program, whatever has become of it since. */
  started: boolean;
  lease: HeldLease | null;
}

/** What is asked of an execution. All but `cancel` name the lease that they are under. */
export type LeaseEvent =
  | { kind: "give" | "start" | "unlease" | "abandon"; holder: LeaseHolder }
  | { kind: "end"; holder: LeaseHolder; status: Status }
  | { kind: "cancel" };

/** What comes of it; `canceled` of a void or a give is an execution that ends, as no agent has it. */
export type LeaseAnswer =
  | { kind: "done" | "refused" | "ended" | "lease_lost" | "canceled" | "over" | "given" }
  | Extract<GiveResult, { kind: "held" }>;

/** The standing afterwards, to be stored before the answer is given. */
export interface LeaseStep {
  standing: Standing;
  answer: LeaseAnswer;
}

/** The execution's side of a handover. */
export function stepLease(standing: Standing, event: LeaseEvent): LeaseStep {
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

/** Whether a lease is the holder's, and in force. */
export function isHolder({ lease, pool }: Standing, holder: LeaseHolder): boolean {
  if (!lease || lease.is_void || pool !== holder.pool) return false;
  return lease.epoch === holder.epoch && lease.agent_id === holder.agent_id;
}

/** Whether no agent can have started it: its lease, if there was one, is void. */
export function isFree({ started, lease }: Standing): boolean {
  return !started && (!lease || lease.is_void === true);
}

/**
 * When to look again at a lease whose grace time is to end now; undefined where it is over. What the agent sent within it counts,
 * and time in which the server itself was away does not: then the agent had no way to be heard.
 */
export function nextLook(
  due_ms: number,
  now_ms: number,
  { heard_ms, grace_ms }: { heard_ms: number; grace_ms: number },
): number | undefined {
  const is_late = now_ms - due_ms > ALARM_LATE_MS_MAX;
  const since_ms = is_late ? now_ms : heard_ms;
  const until_ms = since_ms + grace_ms;
  return until_ms > now_ms ? until_ms : undefined;
}

/** How late an alarm may ring on a server that is busy. Later, the server was away, or its clock has jumped. */
const ALARM_LATE_MS_MAX = 30_000;

/** A later epoch voids every lease whose program was not started. */
function give(standing: Standing, { epoch, agent_id, pool }: LeaseHolder): LeaseStep {
  const { status, lease, started } = standing;
  if (standing.pool !== pool || isCompleted(status)) return { standing, answer: { kind: "over" } };
  if (lease && (started ? !lease.is_void : lease.epoch >= epoch)) {
    const held_by = lease.is_void ? null : lease.agent_id;
    return { standing, answer: { kind: "held", epoch: lease.epoch, agent_id: held_by, started } };
  }
  // The pool gives only what no agent has taken on, so there is nothing left to end.
  if (status === "canceling") return canceled(standing);
  if (status !== "requested" && status !== "scheduled") return { standing, answer: { kind: "over" } };
  const given: Standing = { ...standing, status: "scheduled", lease: { epoch, agent_id } };
  return { standing: given, answer: { kind: "given" } };
}

/** The epoch of a void lease stays: the next must be later. */
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

/** A program that was started is so, also where its execution is to be canceled. */
function started(standing: Standing): Standing {
  const status = mayFollow(standing.status, "running") ? "running" : standing.status;
  return { ...standing, status, started: true };
}
