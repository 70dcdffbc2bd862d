import type { Status } from "../../../protocol/base/status.ts";
import type { BatchHead, Totals } from "../../objects/log.ts";
import type { Child, KeptEnd, NewChild } from "../state/child.ts";
import type { Progress } from "../state/progress.ts";
import type { ExecutionState } from "../state/state.ts";

/** The inputs of a decision besides the state and the event. */
export interface Context {
  now_ms: number;
  /** How long an agent may be away before its execution is abandoned. */
  grace_ms: number;
  /** When this instance heard the agent last; 0 for never. */
  heard_ms: number;
  /** The totals of the log. */
  totals: Totals;
  /** The children, for events of a family. */
  children: readonly Child[];
  /** How far the chain has come, for events of a chain. */
  progress: Progress | undefined;
  /** The texts that are still to be removed, for events of a redaction. */
  redaction: readonly string[];
}

/** The next state, the rows to store with it, the effects after the commit, and the answer to the caller. */
export interface Decision<Answer> {
  state: ExecutionState;
  rows: Row[];
  effects: Effect[];
  answer: Answer;
  /** The state need not be stored yet: it only notes deliveries, and receivers accept repetitions. */
  may_wait?: boolean;
}

/** The rows that are stored with the state, in the same transaction. */
export type Row =
  | { kind: "batch"; head: BatchHead; body: string }
  /** A batch of a child, under the child's label; it also stores how much of the child's output the log has. */
  | { kind: "child_batch"; child: { id: string; label: string }; head: BatchHead; body: string }
  /** A gap at the end of the log, because its agent will send nothing more. */
  | { kind: "gap"; reason: "agent_lost" | "agent_restarted" }
  | { kind: "clear_log" }
  | { kind: "result"; result: Record<string, unknown> }
  | { kind: "secrets"; texts: readonly string[] }
  | { kind: "progress"; progress: Progress }
  | { kind: "plan"; children: NewChild[] }
  | { kind: "child_state"; id: string; state: "running" | "paused" }
  | { kind: "child_end"; id: string; state: "done" | "dropped"; end: KeptEnd }
  | { kind: "redaction"; texts: readonly string[] };

/**
 * The effects after the commit. Effects that must survive a crash are in the state too: `tell` delivers the outbox, and a
 * timer repeats the others. `tell_others` leaves out the index, which the outbox's timer tells a moment later.
 */
export type Effect =
  | { kind: "heard" }
  | { kind: "announce" }
  | { kind: "end_followers" }
  /** Sends the spans of an ended execution. A crash may lose them. */
  | { kind: "trace" }
  | { kind: "dismiss_followers" }
  | { kind: "tell" | "tell_others" }
  | { kind: "ask_for_output" }
  | { kind: "end_process" }
  | { kind: "ask_presence"; epoch: number; agent_id: string }
  | { kind: "withdraw" }
  | { kind: "remove" }
  | { kind: "delete_all" }
  | { kind: "redact" }
  | { kind: "shrink" }
  | { kind: "tend" }
  | FamilyEffect;

/** The effects on children, and on the chain whose tasks they are. Each answer comes back as an event. */
export type FamilyEffect =
  | { kind: "make_child" | "find_child" | "ask_child"; id: string }
  | { kind: "cancel_child" | "pause_child" | "resume_child"; id: string; user: string }
  | { kind: "begin_progress" }
  | { kind: "publish"; position: number; name: string }
  | { kind: "prepare_task"; after: number; name: string }
  | { kind: "conclude"; status: Status };

/** A decision that changes nothing. */
export function unchanged<Answer>(state: ExecutionState, answer: Answer): Decision<Answer> {
  return { state, rows: [], effects: [], answer };
}

/** A decision that changes the state, and nothing else. */
export function changedTo<Answer>(state: ExecutionState, answer: Answer): Decision<Answer> {
  return { state, rows: [], effects: [], answer };
}

/** A copy of the state that a decision may change, and return as the next state. */
export function draftOf(state: ExecutionState): ExecutionState {
  const { spec, log, outbox, timers } = state;
  return {
    ...state,
    spec: { ...spec, context: { ...spec.context } },
    log: [...log],
    outbox: { ...outbox },
    timers: { ...timers },
  };
}
