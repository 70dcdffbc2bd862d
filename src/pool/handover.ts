import type { AbandonReason } from "../objects/lease.ts";

/** A lease as its pool knows it. The execution is the one whose place it is of. */
export interface Lease {
  epoch: number;
  agent_id: string;
}

/**
 * How far a lease has come. `offered`: it is on its way, and nothing is started under it. `withdrawn`: it is to be voided, and
 * will not be confirmed. `accepted`: its program may have been started, so no other agent gets the execution. `forgotten`: the
 * same, and its agent will never end it, so it is to be abandoned. `claimed`: as `accepted`, by what its agent says and its
 * execution has said, which is to be asked once more.
 */
export type Phase = "waiting" | "offered" | "withdrawn" | "accepted" | "forgotten" | "claimed";

/** Where one execution stands in its pool, as it is stored. Without a place, the pool has nothing to do with it. */
export type Place =
  | { phase: "waiting"; epoch: number; agent_id: null }
  | { phase: Exclude<Phase, "waiting">; epoch: number; agent_id: string };

/** Why a lease is to be voided: what follows if its execution says that the program has been started depends on it. */
export type Withdrawal = "away" | "missing" | "revoked" | "refused";

/**
 * What happens to a place. `early` is an agent from before version 3: it starts a program as soon as it gets the lease, so what
 * was offered to it may have been started.
 */
export type PlaceEvent =
  /** A dispatch has chosen an agent. */
  | { kind: "chosen"; agent_id: string }
  /** The execution has answered to being given, or could not. */
  | { kind: "given" | "over" | "unanswered"; epoch: number }
  | { kind: "held"; epoch: number; by: { epoch: number; agent_id: string | null; started: boolean } }
  /** The agent says it, of this lease. */
  | { kind: "accepted" | "declined"; lease: Lease; early: boolean }
  /** The agent's hello lists a lease, or lacks the one that the place has. */
  | { kind: "claimed"; lease: Lease }
  | { kind: "missing"; epoch: number }
  /** The execution says whether a claimed lease is in force, and whether it has not ended. */
  | { kind: "mine"; lease: Lease; runs: boolean }
  | { kind: "checked"; lease: Lease; found: "runs" | "ended" | "void" }
  | { kind: "not_mine"; lease: Lease }
  /**
   * The agent of a lease is not connected; it is, and has said nothing of it for too long; it may do nothing any more. Each is said
   * of many leases one after the other, so another agent may have the execution by then.
   */
  | { kind: "away"; lease: Lease; early: boolean; heard_ms: number }
  | { kind: "overdue" | "revoked"; lease: Lease; early: boolean }
  /** An execution that was to be abandoned is not under the lease: the give may still be on its way to it. */
  | { kind: "unknown"; epoch: number; reason: AbandonReason }
  /** The execution has voided the lease, or says that its program was started; or it is abandoned. */
  | { kind: "voided" | "abandoned"; epoch: number }
  | { kind: "begun"; epoch: number; why: Withdrawal; now_ms: number }
  /** The execution asks for its cancel, or has completed. */
  | { kind: "cancel" | "released" };

/** What the pool does next: asks the execution, tells the agent, or answers that no agent has it. */
export type PlaceEffect =
  | { kind: "give" | "claim" | "check"; lease: Lease }
  | { kind: "lost"; lease: Lease; heard_ms: number }
  | { kind: "unlease"; lease: Lease; why: Withdrawal }
  | { kind: "abandon"; lease: Lease; reason: AbandonReason }
  | { kind: "tell"; what: "lease" | "confirmed" | "void" | "resume" | "cancel"; lease: Lease }
  | { kind: "unheld" };

export interface PlaceStep {
  place: Place | undefined;
  effects: PlaceEffect[];
}

/**
 * The pool's side of a handover. The place is to be stored before any effect is brought about: a confirmation says that the
 * pool will remember it, and a lease is voided only once the pool has stopped confirming it.
 */
export function stepPlace(place: Place | undefined, event: PlaceEvent): PlaceStep {
  switch (event.kind) {
    case "chosen": {
      if (place?.phase !== "waiting") return { place, effects: [] };
      const lease = { epoch: place.epoch + 1, agent_id: event.agent_id };
      return { place: { phase: "offered", ...lease }, effects: [{ kind: "give", lease }] };
    }
    case "given":
      return { place, effects: isOffered(place, event.epoch) ? [tell("lease", place)] : [] };
    case "over":
      return { place: isOffered(place, event.epoch) ? undefined : place, effects: [] };
    case "unanswered":
      return { place: isOffered(place, event.epoch) ? waiting(place) : place, effects: [] };
    case "held":
      return { place: isOffered(place, event.epoch) ? heldPlace(event.by) : place, effects: [] };
    case "accepted":
      return accepted(place, event.lease, event.early);
    case "declined":
      if (!isOf(place, event.lease))
        return { place, effects: event.early ? [] : [tell("void", event.lease)] };
      return withdrawn(place, "refused");
    case "claimed":
      if (!isOf(place, event.lease)) return { place, effects: [{ kind: "claim", lease: event.lease }] };
      if (isOver(place)) return { place, effects: [tell("void", event.lease)] };
      return { place: { ...place, phase: "accepted" }, effects: [{ kind: "claim", lease: event.lease }] };
    case "missing":
      if (place?.epoch !== event.epoch) return { place, effects: [] };
      return place.agent_id && isTaken(place)
        ? forgotten(place, "agent_restarted")
        : withdrawn(place, "missing");
    case "mine":
      return mine(place, event.lease, event.runs);
    case "checked":
      if (!isOf(place, event.lease)) return { place, effects: [] };
      if (event.found === "void") return withdrawn(place, "refused");
      if (event.found === "ended") return { place: undefined, effects: [] };
      return { place: place.phase === "claimed" ? { ...place, phase: "accepted" } : place, effects: [] };
    case "not_mine": {
      const step = isOf(place, event.lease) ? withdrawn(place, "refused") : { place, effects: [] };
      return { place: step.place, effects: [tell("void", event.lease), ...step.effects] };
    }
    case "away":
      if (!isOf(place, event.lease)) return { place, effects: [] };
      return isTaken(place, event.early)
        ? { place, effects: [{ kind: "lost", lease: leaseOf(place), heard_ms: event.heard_ms }] }
        : withdrawn(place, "away");
    case "overdue":
      if (!isOf(place, event.lease)) return { place, effects: [] };
      if (place.phase === "claimed") return { place, effects: [{ kind: "check", lease: leaseOf(place) }] };
      return isTaken(place, event.early) ? { place, effects: [] } : withdrawn(place, "refused");
    case "revoked":
      if (!isOf(place, event.lease)) return { place, effects: [] };
      return isTaken(place, event.early) ? forgotten(place, "agent_revoked") : withdrawn(place, "revoked");
    case "voided":
      if (place?.phase !== "withdrawn" || place.epoch !== event.epoch) return { place, effects: [] };
      return { place: waiting(place), effects: [tell("void", place)] };
    case "begun":
      if (place?.phase !== "withdrawn" || place.epoch !== event.epoch) return { place, effects: [] };
      return begun(place, event.why, event.now_ms);
    case "unknown":
      if (place?.phase !== "forgotten" || place.epoch !== event.epoch) return { place, effects: [] };
      return withdrawn(
        { ...place, phase: "withdrawn" },
        event.reason === "agent_revoked" ? "revoked" : "missing",
      );
    case "abandoned":
      return { place: place?.agent_id && place.epoch === event.epoch ? undefined : place, effects: [] };
    case "cancel":
      if (!place?.agent_id) return { place: undefined, effects: [{ kind: "unheld" }] };
      return { place, effects: [tell("cancel", place)] };
    case "released":
      return { place: undefined, effects: [] };
  }
}

/** The agent has the lease on its disk. What has been withdrawn, or is another's, is not confirmed. */
function accepted(place: Place | undefined, lease: Lease, early: boolean): PlaceStep {
  if (!isOf(place, lease) || isOver(place)) return { place, effects: early ? [] : [tell("void", lease)] };
  // Said again, the answer may have been lost, or the agent has started anew and lacks the token.
  if (isTaken(place)) return { place, effects: early ? [] : [{ kind: "claim", lease }] };
  return { place: { ...place, phase: "accepted" }, effects: early ? [] : [tell("confirmed", lease)] };
}

/** The lease is to be voided before the execution waits again: from here on it is not confirmed any more. */
function withdrawn(place: Place | undefined, why: Withdrawal): PlaceStep {
  if (!place?.agent_id) return { place, effects: [] };
  if (place.phase === "forgotten") return forgotten(place, "agent_restarted");
  return {
    place: { ...place, phase: "withdrawn" },
    effects: [{ kind: "unlease", lease: leaseOf(place), why }],
  };
}

/** What may have been started will not be ended by its agent. */
function forgotten(place: Place & Lease, reason: AbandonReason): PlaceStep {
  const lease = leaseOf(place);
  return { place: { phase: "forgotten", ...lease }, effects: [{ kind: "abandon", lease, reason }] };
}

/** The execution says that the lease is in force, also where the pool believed that no agent had it. */
function mine(place: Place | undefined, lease: Lease, runs: boolean): PlaceStep {
  if (isOf(place, lease) && isOver(place)) return { place, effects: [] };
  const resume = tell("resume", lease);
  if (place?.agent_id || !runs) return { place, effects: [resume] };
  // It may have completed, and been released, since it said so: with a place once more, it says it again.
  return { place: { phase: "claimed", ...lease }, effects: [resume, { kind: "check", lease }] };
}

/** The program of a withdrawn lease has been started all the same: by an agent from before version 3, or one that lies. */
function begun(place: Place & Lease, why: Withdrawal, heard_ms: number): PlaceStep {
  if (why === "missing") return forgotten(place, "agent_restarted");
  if (why === "revoked") return forgotten(place, "agent_revoked");
  const lease = leaseOf(place);
  const effects: PlaceEffect[] = why === "away" ? [{ kind: "lost", lease, heard_ms }] : [];
  return { place: { phase: "accepted", ...lease }, effects };
}

/** The execution is under another lease than the one that it was to be given under. */
function heldPlace({
  epoch,
  agent_id,
  started,
}: {
  epoch: number;
  agent_id: string | null;
  started: boolean;
}): Place {
  if (agent_id === null) return { phase: "waiting", epoch, agent_id };
  return { phase: started ? "accepted" : "offered", epoch, agent_id };
}

function waiting({ epoch }: Lease): Place {
  return { phase: "waiting", epoch, agent_id: null };
}

function tell(what: Extract<PlaceEffect, { kind: "tell" }>["what"], lease: Lease): PlaceEffect {
  return { kind: "tell", what, lease: leaseOf(lease) };
}

function leaseOf({ epoch, agent_id }: Lease): Lease {
  return { epoch, agent_id };
}

function isOf(place: Place | undefined, { epoch, agent_id }: Lease): place is Place & Lease {
  return place?.epoch === epoch && place.agent_id === agent_id;
}

/** Whether the program may have been started; an agent that starts early may have with the offer. */
function isTaken({ phase }: Place, early = false): boolean {
  return phase === "accepted" || phase === "claimed" || (phase === "offered" && early);
}

/** Whether a lease is not to be confirmed any more. */
function isOver({ phase }: Place): boolean {
  return phase === "withdrawn" || phase === "forgotten";
}

function isOffered(place: Place | undefined, epoch: number): place is Place & Lease {
  return place?.phase === "offered" && place.epoch === epoch;
}
