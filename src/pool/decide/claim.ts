import {
  isOf,
  isOver,
  isTaken,
  type Lease,
  type Place,
  type PlaceEffect,
  type PlaceStep,
  tell,
} from "./place.ts";

/** The agent has stored the lease. The pool does not confirm a lease that is withdrawn or belongs to another agent. */
export function accepted(place: Place | undefined, lease: Lease, early: boolean): PlaceStep {
  if (!isOf(place, lease) || isOver(place)) return { place, effects: early ? [] : [tell("void", lease)] };
  // The agent repeats it because the answer was lost, or because it has restarted and lacks the token.
  if (isTaken(place)) return { place, effects: early ? [] : [{ kind: "claim", lease }] };
  return { place: { ...place, phase: "accepted" }, effects: early ? [] : [tell("confirmed", lease)] };
}

/** The agent's hello lists the lease. */
export function claimed(place: Place | undefined, lease: Lease): PlaceStep {
  if (!isOf(place, lease)) return { place, effects: [{ kind: "claim", lease }] };
  if (isOver(place)) return { place, effects: [tell("void", lease)] };
  return { place: { ...place, phase: "accepted" }, effects: [{ kind: "claim", lease }] };
}

/** The execution reports that the lease is in force. The pool may have had no agent for the execution. */
export function mine(
  place: Place | undefined,
  { lease, runs, cancel }: { lease: Lease; runs: boolean; cancel: boolean },
): PlaceStep {
  const missed: PlaceEffect[] = cancel ? [tell("cancel", lease)] : [];
  if (isOf(place, lease) && isOver(place)) return { place, effects: missed };
  const effects = [tell("resume", lease), ...missed];
  if (place?.agent_id || !runs) return { place, effects };
  // It may have completed and been released since it answered. The execution is asked again now that it has a place.
  return { place: { phase: "claimed", ...lease }, effects: [...effects, { kind: "check", lease }] };
}

/** The execution is under another lease than the one under which it was to be given. */
export function heldPlace({
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
