import { accepted, claimed, heldPlace, mine } from "./claim.ts";
import {
  isOf,
  isOffered,
  isTaken,
  leaseOf,
  type Place,
  type PlaceEffect,
  type PlaceEvent,
  type PlaceStep,
  tell,
  waiting,
} from "./place.ts";
import { begun, forgotten, withdrawn } from "./withdrawal.ts";

/**
 * The pool's side of a handover. The pool stores the place before it delivers any effect: a confirmation promises that the
 * pool remembers the lease, and a lease is voided only once the pool no longer confirms it.
 */
export function stepPlace(place: Place | undefined, event: PlaceEvent): PlaceStep {
  switch (event.kind) {
    case "reserved":
      return { place: place ?? { ...NEW_PLACE, phase: "reserved", until_ms: event.until_ms }, effects: [] };
    case "enqueued": {
      const is_new = place === undefined || place.phase === "reserved";
      return { place: is_new ? waiting(place ?? NEW_PLACE) : place, effects: [] };
    }
    case "lapsed":
      return { place: place?.phase === "reserved" ? undefined : place, effects: [] };
    case "chosen": {
      if (place?.phase !== "waiting") return { place, effects: [] };
      const lease = { epoch: place.epoch + 1, agent_id: event.agent_id };
      return { place: { phase: "offered", ...lease }, effects: [{ kind: "give", lease }] };
    }
    case "given":
      return { place, effects: isOffered(place, event.epoch) ? [tell("lease", place)] : [] };
    case "unanswered":
      return {
        place: isOffered(place, event.epoch) ? waiting(place) : place,
        effects: [{ kind: "set back" }],
      };
    case "over":
      return over(place, event.epoch);
    case "held":
      return {
        place: isOffered(place, event.epoch) ? heldPlace(event.by) : place,
        effects: [{ kind: "clear setback" }],
      };
    case "accepted": {
      const step = accepted(place, event.lease, event.early);
      return { place: step.place, effects: [{ kind: "clear setback" }, ...step.effects] };
    }
    case "declined": {
      const step = declined(place, event);
      // It waits before the next attempt, because the agent may decline it again.
      return { place: step.place, effects: [{ kind: "set back" }, ...step.effects] };
    }
    case "claimed":
      return claimed(place, event.lease);
    case "missing":
      if (place?.epoch !== event.epoch) return { place, effects: [] };
      return place.agent_id && isTaken(place)
        ? forgotten(place, "agent_restarted")
        : withdrawn(place, "missing");
    case "mine":
      return mine(place, event);
    case "not_mine": {
      const step = isOf(place, event.lease) ? withdrawn(place, "refused") : { place, effects: [] };
      return { place: step.place, effects: [tell("void", event.lease), ...step.effects] };
    }
    case "checked":
      if (!isOf(place, event.lease)) return { place, effects: [] };
      if (event.found === "void") return withdrawn(place, "refused");
      if (event.found === "ended") return { place: undefined, effects: [] };
      return { place: place.phase === "claimed" ? { ...place, phase: "accepted" } : place, effects: [] };
    case "away":
    case "overdue":
    case "revoked":
      return missed(place, event);
    case "back":
      // The loss may have overtaken the claim on the way to the execution, so the claim is repeated.
      return {
        place,
        effects: isOf(place, event.lease) && isTaken(place) ? [{ kind: "claim", lease: event.lease }] : [],
      };
    case "voided":
      if (place?.phase !== "withdrawn" || place.epoch !== event.epoch) return { place, effects: [] };
      return { place: waiting(place), effects: [tell("void", place)] };
    case "begun":
      if (place?.phase !== "withdrawn" || place.epoch !== event.epoch) return { place, effects: [] };
      return begun(place, event.why);
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
    case "timed out":
      return { place: place?.agent_id ? place : undefined, effects: [] };
    case "released":
      return { place: undefined, effects: [] };
  }
}

/** No lease of the execution has been given yet. */
const NEW_PLACE = { epoch: 0, agent_id: null };

/**
 * No agent is to run the execution. An enqueue that arrives after the execution was released begins the epochs again, so messages
 * about the earlier lease may have moved the place on. Then the execution is asked about the lease.
 */
function over(place: Place | undefined, epoch: number): PlaceStep {
  const effects: PlaceEffect[] = [{ kind: "clear setback" }];
  if (!place?.agent_id || place.epoch !== epoch) return { place, effects };
  if (place.phase === "offered") return { place: undefined, effects };
  return { place, effects: [...effects, { kind: "check", lease: leaseOf(place) }] };
}

function declined(
  place: Place | undefined,
  { lease, early }: Extract<PlaceEvent, { kind: "accepted" | "declined" }>,
): PlaceStep {
  if (isOf(place, lease)) return withdrawn(place, "refused");
  return { place, effects: early ? [] : [tell("void", lease)] };
}

/** The agent of a lease is away, silent about the lease, or revoked. */
function missed(
  place: Place | undefined,
  event: Extract<PlaceEvent, { kind: "away" | "overdue" | "revoked" }>,
): PlaceStep {
  if (!isOf(place, event.lease)) return { place, effects: [] };
  const is_taken = isTaken(place, event.early);
  switch (event.kind) {
    case "away":
      if (!is_taken) return withdrawn(place, "away");
      return { place, effects: [{ kind: "lost", lease: leaseOf(place), heard_ms: event.heard_ms }] };
    case "overdue":
      if (place.phase === "claimed") return { place, effects: [{ kind: "check", lease: leaseOf(place) }] };
      return is_taken ? { place, effects: [] } : withdrawn(place, "refused");
    case "revoked":
      return is_taken ? forgotten(place, "agent_revoked") : withdrawn(place, "revoked");
  }
}
