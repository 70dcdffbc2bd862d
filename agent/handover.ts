/**
 * How far an agent is with a lease.
 * - `offered`: it is on disk, and waits for the pool's confirmation.
 * - `declined`: no program was started under it, and none will be. It is kept until the pool voids it.
 * - `begun`: its program may have been started.
 */
export type LeasePhase = "offered" | "declined" | "begun";

/** What happens to a lease on its agent. */
export type LeaseEvent =
  /** Messages of the pool. */
  | "leased"
  | "confirmed"
  | "resumed"
  | "void"
  | "cancel"
  /** A lease has come, and no run can begin now. */
  | "refused"
  /** The disk did not take what the lease needs. */
  | "unkept"
  /** The pool has not answered for a while: its confirmation of an offer, or the token of a lease taken up after a restart. */
  | "unanswered"
  /** The agent stops. */
  | "stopped"
  /** The disk did not take what the end of the lease needs either. */
  | "stuck"
  /** The lease's run is over, and its files are removed. */
  | "done"
  /** The same, but the server does not have the end: it has refused it, or the disk has lost unsent output. */
  | "given up";

/** The effects, in the order of delivery. If `keep` or `begin` fails, the rest is not delivered, and the lease is `unkept`. */
export type LeaseEffect =
  /** Writes the lease to disk. */
  | "keep"
  | "say accepted"
  | "say declined"
  /** Notes on disk that the program is about to be started, and starts it. */
  | "begin"
  /** Ends the execution, whose program never started, because the pool takes no lease back. */
  | "give up"
  /** Uses the new token. */
  | "renew"
  | "cancel"
  /** Ends the program, if it runs, and removes the lease from disk. */
  | "drop"
  /** Connects again. The hello does not list the lease, so the pool learns that this agent does not have it. */
  | "hang up";

/** Conditions that hold for all leases of an agent. */
export interface Circumstances {
  /** The pool confirms leases, and takes declined leases back. A pool from before version 3 does neither. */
  confirms: boolean;
  /** The agent accepts no new lease. */
  stopping: boolean;
}

export interface LeaseStep {
  phase: LeasePhase | undefined;
  effects: LeaseEffect[];
}

/**
 * The agent's side of a handover: a program begins at most once under a lease, and only after the pool's confirmation. Without a
 * phase, the agent does not have the lease.
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

/** The phase of a lease that is found on disk after a restart. Its parameters were in memory only, so it cannot begin any more. */
export function phaseAfterRestart(has_begun: boolean): LeasePhase {
  return has_begun ? "begun" : "declined";
}

/** A lease that is not kept is declined. A pool that takes no lease back learns it when the connection ends. */
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
