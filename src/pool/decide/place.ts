import type { AbandonReason } from "../../objects/lease.ts";

/** A lease as its pool knows it. The execution is the one that the place belongs to. */
export interface Lease {
  epoch: number;
  agent_id: string;
}

/**
 * How far a place, or its lease, has come.
 * - `reserved`: the execution is not created yet.
 * - `waiting`: no agent has a lease.
 * - `offered`: it is on its way, and no program is started under it.
 * - `withdrawn`: it is to be voided, and will not be confirmed.
 * - `accepted`: its program may have been started, so no other agent gets the execution.
 * - `forgotten`: as `accepted`, but its agent will not end it, so the execution is to be abandoned.
 * - `claimed`: as `accepted`, because its agent and its execution say so. The execution is to be asked once more.
 */
export type Phase = "reserved" | "waiting" | LeasedPhase;

/** The phases in which an agent has a lease. */
export type LeasedPhase = "offered" | "withdrawn" | "accepted" | "forgotten" | "claimed";

/** The place of one execution in its pool, as it is stored. Without a place, the pool has nothing to do with the execution. */
export type Place =
  | { phase: "reserved"; epoch: number; agent_id: null; until_ms: number }
  | { phase: "waiting"; epoch: number; agent_id: null }
  | { phase: LeasedPhase; epoch: number; agent_id: string };

/** Why a lease is to be voided. It decides what follows if the execution says that the program has been started. */
export type Withdrawal = "away" | "missing" | "revoked" | "refused";

/**
 * What happens to a place. `early` is an agent from before version 3: it starts a program as soon as it gets the lease, so an
 * offer to it counts as started.
 */
export type PlaceEvent =
  /** The execution is about to be created; it is created, and waits; it was not created in time. */
  | { kind: "reserved"; until_ms: number }
  | { kind: "enqueued" | "lapsed" }
  /** A dispatch has chosen an agent. */
  | { kind: "chosen"; agent_id: string }
  /** The execution has answered to being given, or could not be asked. */
  | { kind: "given" | "over" | "unanswered"; epoch: number }
  | { kind: "held"; epoch: number; by: { epoch: number; agent_id: string | null; started: boolean } }
  /** The agent's answer about this lease. */
  | { kind: "accepted" | "declined"; lease: Lease; early: boolean }
  /** The agent's hello lists a lease, or does not list the one that the place has. */
  | { kind: "claimed"; lease: Lease }
  | { kind: "missing"; epoch: number }
  /** The execution reports whether a claimed lease is in force, whether it still runs, and whether it is to be canceled. */
  | { kind: "mine"; lease: Lease; runs: boolean; cancel: boolean }
  | { kind: "checked"; lease: Lease; found: "runs" | "ended" | "void" }
  | { kind: "not_mine"; lease: Lease }
  /**
   * The agent of a lease is not connected (`away`), has not answered about the lease for too long (`overdue`), or is
   * revoked. Each event names the lease, because another agent may have the execution by the time that the pool gets to it.
   * `heard_ms` is null if the pool does not know when it last heard the agent.
   */
  | { kind: "away"; lease: Lease; early: boolean; heard_ms: number | null }
  | { kind: "overdue" | "revoked"; lease: Lease; early: boolean }
  /** The agent has connected again by the time that the execution has learned of its loss. */
  | { kind: "back"; lease: Lease }
  /** An execution that was to be abandoned is not under the lease: the request to give it may still be on its way. */
  | { kind: "unknown"; epoch: number; reason: AbandonReason }
  /** The execution has voided the lease, was abandoned, or reports that its program was started. */
  | { kind: "voided" | "abandoned"; epoch: number }
  | { kind: "begun"; epoch: number; why: Withdrawal }
  /** The execution requests its cancel, or has completed. */
  | { kind: "cancel" | "released" }
  /** The execution has waited too long. */
  | { kind: "timed out" };

/**
 * The pool's next actions: it calls the execution, tells the agent, remembers a setback, or answers that no agent holds it.
 */
export type PlaceEffect =
  | { kind: "give" | "claim" | "check"; lease: Lease }
  | { kind: "lost"; lease: Lease; heard_ms: number | null }
  | { kind: "unlease"; lease: Lease; why: Withdrawal }
  | { kind: "abandon"; lease: Lease; reason: AbandonReason }
  | { kind: "tell"; what: Told; lease: Lease }
  /** It is left out of dispatches for a while, or no longer. */
  | { kind: "set back" | "clear setback" }
  | { kind: "unheld" };

export type Told = "lease" | "confirmed" | "void" | "resume" | "cancel";

export interface PlaceStep {
  place: Place | undefined;
  effects: PlaceEffect[];
}

export function waiting({ epoch }: { epoch: number }): Place {
  return { phase: "waiting", epoch, agent_id: null };
}

export function tell(what: Told, lease: Lease): PlaceEffect {
  return { kind: "tell", what, lease: leaseOf(lease) };
}

export function leaseOf({ epoch, agent_id }: Lease): Lease {
  return { epoch, agent_id };
}

export function isOf(place: Place | undefined, { epoch, agent_id }: Lease): place is Place & Lease {
  return place?.epoch === epoch && place.agent_id === agent_id;
}

export function isOffered(place: Place | undefined, epoch: number): place is Place & Lease {
  return place?.phase === "offered" && place.epoch === epoch;
}

/** Whether the program may have been started. An agent that starts early may have done so with the offer. */
export function isTaken({ phase }: Place, early = false): boolean {
  return phase === "accepted" || phase === "claimed" || (phase === "offered" && early);
}

/** Whether a lease is not to be confirmed any more. */
export function isOver({ phase }: Place): boolean {
  return phase === "withdrawn" || phase === "forgotten";
}
