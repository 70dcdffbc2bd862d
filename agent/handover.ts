/**
 * How far an agent is with a lease. `offered`: it is on disk, and waits for the pool's word. `declined`: nothing was started under
 * it, and nothing will be; it is kept until the pool voids it. `begun`: its program may have been started.
 */
export type LeasePhase = "offered" | "declined" | "begun";

/** What happens to a lease on its agent. */
export type LeaseEvent =
  /** The pool says it. */
  | "leased"
  | "confirmed"
  | "resumed"
  | "void"
  | "cancel"
  /** A lease comes, and no run can begin now. */
  | "refused"
  /** What the lease needs could not be written to disk. */
  | "unkept"
  /** The pool's answer is waited for, and has not come for a while: its word on an offer, or the token of what was taken up. */
  | "unanswered"
  /** The agent stops. */
  | "stopped"
  /** What the lease needs for its end could not be written to disk either. */
  | "stuck"
  /** Nothing of it is left on this host. */
  | "done"
  /** The same, and the server has not taken its end: it refuses it, or the disk has lost what was to be sent. */
  | "given up";

/** What is to be done, in this order; where `keep` or `begin` fails, the rest is not, and the lease is `unkept`. */
export type LeaseEffect =
  /** Writes the lease to disk. */
  | "keep"
  | "say accepted"
  | "say declined"
  /** Notes on disk that the program is about to be started, and starts it. */
  | "begin"
  /** Ends the execution, whose program never started: the pool takes nothing back. */
  | "give up"
  /** Takes the token that has come. */
  | "renew"
  | "cancel"
  /** Ends the program, if it runs, and removes all that is here of the lease. */
  | "drop"
  /** Connects anew: the pool learns from the hello, which does not list the lease, that nothing of it is here. */
  | "hang up";

/** What holds for all leases of an agent. */
export interface Circumstances {
  /** The pool confirms leases, and takes declined ones back; one from before version 3 does neither. */
  confirms: boolean;
  /** The agent takes nothing new on. */
  stopping: boolean;
}

export interface LeaseStep {
  phase: LeasePhase | undefined;
  effects: LeaseEffect[];
}

/**
 * The agent's side of a handover: a program begins at most once under a lease, and only after the pool's word. Without a phase,
 * the agent has nothing of the lease.
 */
export function stepLease(
  phase: LeasePhase | undefined,
  event: LeaseEvent,
  { confirms, stopping }: Circumstances,
): LeaseStep {
  if (event === "done") return { phase: undefined, effects: [] };
  if (event === "given up") return { phase: undefined, effects: phase === undefined ? [] : ["hang up"] };
  if (phase === undefined) return leased(event, { confirms, stopping });
  if (event === "void") return { phase: undefined, effects: ["drop"] };
  if (event === "stuck") return { phase: undefined, effects: ["drop", "hang up"] };
  if (phase === "begun") return begun(event, confirms);
  if (phase === "declined") return declined(event, confirms);
  switch (event) {
    case "confirmed":
    case "resumed":
      return { phase: "begun", effects: ["renew", "begin"] };
    case "stopped":
      return { phase: "declined", effects: ["say declined"] };
    case "unkept":
      return { phase: undefined, effects: ["say declined", "drop"] };
    case "leased":
    case "refused":
    case "unanswered":
      return { phase, effects: ["say accepted"] };
    case "cancel":
      return { phase, effects: ["cancel"] };
  }
}

/** The phase of a lease that is found on disk after a restart: its parameters are gone, so it cannot be begun any more. */
export function phaseAfterRestart(has_begun: boolean): LeasePhase {
  return has_begun ? "begun" : "declined";
}

/** One that is not kept is given back; a pool that takes nothing back learns it from the end of the connection. */
function leased(event: LeaseEvent, { confirms, stopping }: Circumstances): LeaseStep {
  if (event !== "leased" && event !== "refused") return { phase: undefined, effects: [] };
  if (stopping || event === "refused") {
    const untaken: LeaseEffect[] = stopping ? [] : ["hang up"];
    return { phase: undefined, effects: confirms ? ["say declined"] : untaken };
  }
  return confirms
    ? { phase: "offered", effects: ["keep", "say accepted"] }
    : { phase: "begun", effects: ["keep", "begin", "say accepted"] };
}

function begun(event: LeaseEvent, confirms: boolean): LeaseStep {
  if (event === "unkept")
    return confirms
      ? { phase: "declined", effects: ["say declined"] }
      : { phase: "begun", effects: ["give up"] };
  if (event === "resumed") return { phase: "begun", effects: ["renew"] };
  if (event === "unanswered") return { phase: "begun", effects: ["say accepted"] };
  return { phase: "begun", effects: event === "cancel" ? ["cancel"] : [] };
}

function declined(event: LeaseEvent, confirms: boolean): LeaseStep {
  if (event === "cancel" || event === "unkept") return { phase: "declined", effects: [] };
  if (confirms) return { phase: "declined", effects: ["say declined"] };
  return event === "resumed"
    ? { phase: "begun", effects: ["renew", "give up"] }
    : { phase: "declined", effects: [] };
}
