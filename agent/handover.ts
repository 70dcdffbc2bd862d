/**
 * How far an agent is with a lease. `offered`: it is on disk, and waits for the pool's word. `declined`: nothing was started under
 * it, and nothing will be; it is kept until the pool voids it. `begun`: its program may have been started.
 */
export type LeasePhase = "offered" | "declined" | "begun";

/** What happens to a lease on its agent. `confirms`: the pool is one that confirms; one from before version 3 does not. */
export type LeaseEvent =
  | { kind: "leased"; confirms: boolean }
  /** The lease could not be written to disk. */
  | { kind: "unkept" }
  | { kind: "confirmed" | "resumed" | "void" | "cancel" }
  /** The pool's answer to the word that the lease is accepted, or declined, has been waited for long enough. */
  | { kind: "unanswered" }
  /** The agent stops, and takes nothing new on. */
  | { kind: "stopped" }
  /** Nothing of it is left on this host. */
  | { kind: "done" };

/** What is to be done, in this order. `keep` is done before anything else happens to the lease. */
export type LeaseEffect =
  /** Writes the lease to disk. */
  | "keep"
  | "say accepted"
  | "say declined"
  /** Notes on disk that the program is about to be started, and starts it. */
  | "begin"
  /** Takes the token that has come. */
  | "renew"
  | "cancel"
  /** Ends the program, if it runs, and removes all that is here of the lease. */
  | "drop";

export interface LeaseStep {
  phase: LeasePhase | undefined;
  effects: LeaseEffect[];
}

/**
 * The agent's side of a handover: a program begins at most once under a lease, and only after the pool's word. Without a phase,
 * the agent has nothing of the lease.
 */
export function stepLease(phase: LeasePhase | undefined, event: LeaseEvent, stopping = false): LeaseStep {
  if (event.kind === "done") return { phase: undefined, effects: [] };
  if (phase === undefined) return unknown(event, stopping);
  if (event.kind === "void") return { phase: undefined, effects: ["drop"] };
  if (phase === "begun") return { phase, effects: begunEffects(event) };
  if (phase === "declined") return { phase, effects: ASKING.includes(event.kind) ? ["say declined"] : [] };
  switch (event.kind) {
    case "confirmed":
    case "resumed":
      return { phase: "begun", effects: ["renew", "begin"] };
    case "stopped":
      return { phase: "declined", effects: ["say declined"] };
    case "unkept":
      return { phase: undefined, effects: ["say declined", "drop"] };
    case "leased":
    case "unanswered":
      return { phase, effects: ["say accepted"] };
    case "cancel":
      return { phase, effects: ["cancel"] };
  }
}

/** What the journal of a lease says after a restart: one without a note that its program begins was not started. */
export function phaseAfterRestart(has_begun: boolean): LeasePhase {
  return has_begun ? "begun" : "declined";
}

/** What a declined lease answers to: each says that the pool takes it for the agent's. */
const ASKING: readonly LeaseEvent["kind"][] = ["leased", "confirmed", "resumed", "unanswered", "stopped"];

function unknown(event: LeaseEvent, stopping: boolean): LeaseStep {
  if (event.kind !== "leased") return { phase: undefined, effects: [] };
  // A pool that does not confirm learns it from the end of the connection.
  if (stopping) return { phase: undefined, effects: event.confirms ? ["say declined"] : [] };
  return event.confirms
    ? { phase: "offered", effects: ["keep", "say accepted"] }
    : { phase: "begun", effects: ["keep", "begin", "say accepted"] };
}

function begunEffects({ kind }: LeaseEvent): LeaseEffect[] {
  if (kind === "resumed") return ["renew"];
  return kind === "cancel" ? ["cancel"] : [];
}
