import { isCompleted, type Status } from "../../../protocol/base/status.ts";
import { placeBatch } from "../../../protocol/wire/append.ts";
import type { BatchHead } from "../../objects/log.ts";
import { taskOf } from "../state/chain.ts";
import type { Child, KeptEnd } from "../state/child.ts";
import type { ExecutionState } from "../state/state.ts";
import { type Context, changedTo, type Decision, draftOf, unchanged } from "./decision.ts";
import { beginFamily, FAMILY_RETRY_MS } from "./family-begin.ts";
import { cancelResult, catchUp, changeStatus, complete, settled } from "./status.ts";

/**
 * The children's reports, and their answers to questions. `child_pauses` is a report that may be old, so the child is
 * asked; `child_paused` is its answer. `child_found`: whether a planned child exists, because only the answer to its
 * creation may have been lost. `concluded`: the combined result of the children.
 */
export type FamilyEvent =
  | { kind: "begin_chain" | "tend_begun" | "tend_over" }
  | { kind: "child_batch"; child: Child | undefined; head: BatchHead; body: string }
  | { kind: "child_ended"; child: Child | undefined; end: KeptEnd }
  | { kind: "child_pauses" | "child_paused" | "child_made" | "child_resumed"; id: string }
  | { kind: "child_found"; id: string; is_there: boolean }
  | { kind: "concluded"; status: Status; result: Record<string, unknown>; secrets: readonly string[] };

export interface FamilyAnswers {
  begin_chain: undefined;
  /** Whether there are children to tend. */
  tend_begun: boolean;
  tend_over: undefined;
  /** The sequence number of the next chunk that the parent expects from the child. */
  child_batch: number;
  child_ended: undefined;
  child_pauses: undefined;
  child_paused: undefined;
  child_made: undefined;
  child_resumed: undefined;
  child_found: undefined;
  concluded: undefined;
}

type FamilyAnswer = FamilyAnswers[keyof FamilyAnswers];

export function decideFamily(
  state: ExecutionState,
  event: FamilyEvent,
  context: Context,
): Decision<FamilyAnswer> {
  switch (event.kind) {
    case "begin_chain":
      return beginChain(state, context);
    case "tend_begun":
    case "tend_over":
      return tended(state, event.kind === "tend_begun", context);
    case "child_batch":
      return childBatch(state, event);
    case "child_ended":
      return childEnded(state, event);
    case "child_pauses":
      return childPauses(state, event.id, context);
    case "child_paused":
      return childPaused(state, event.id, context);
    case "child_made":
    case "child_resumed":
      return childRuns(state, event.id);
    case "child_found":
      return childFound(state, event, context);
    case "concluded":
      return concluded(state, event, context);
  }
}

/** A chain needs no agent and begins by itself. Tending its children moves it forward. */
function beginChain(state: ExecutionState, { now_ms }: Context): Decision<undefined> {
  const draft = draftOf(state);
  if (draft.outbox.pool === "enqueue") draft.outbox.pool = null;
  if (state.family || isCompleted(state.status)) return changedTo(draft, undefined);
  beginFamily(draft, { kind: "chain" }, now_ms);
  catchUp(draft, now_ms);
  const decision = settled(draft, undefined);
  return { ...decision, effects: [...decision.effects, { kind: "tend" }] };
}

/** While children are tended the alarm is set, so that it repeats the work after a failure or a crash. */
function tended(state: ExecutionState, is_begun: boolean, { now_ms }: Context): Decision<boolean> {
  if (!state.family || isCompleted(state.status)) return unchanged(state, false);
  const draft = draftOf(state);
  draft.timers.family = is_begun ? now_ms + FAMILY_RETRY_MS : null;
  return changedTo(draft, true);
}

/** Takes a child's batch into the log by the append rule. */
function childBatch(
  state: ExecutionState,
  { child, head, body }: { child: Child | undefined; head: BatchHead; body: string },
): Decision<number> {
  const next = head.last_seq + 1;
  // The parent is gone: acknowledge and drop.
  if (!child || isCompleted(state.status)) return unchanged(state, next);
  if (placeBatch(child.next, head.first_seq, head.last_seq) !== "append") return unchanged(state, child.next);
  const of = { id: child.id, label: labelOf(state, child.name) };
  return { state, rows: [{ kind: "child_batch", child: of, head, body }], effects: [], answer: next };
}

/** A child's name as readers see it. */
function labelOf({ spec, family }: ExecutionState, name: string): string {
  return family?.kind === "chain" ? (taskOf(spec, name).display_name ?? name) : name;
}

function childEnded(
  state: ExecutionState,
  { child, end }: { child: Child | undefined; end: KeptEnd },
): Decision<undefined> {
  const effects = [{ kind: "tend" } as const];
  // The parent is gone: acknowledge and drop.
  if (isCompleted(state.status) || !child) return { ...unchanged(state, undefined), effects };
  const { id } = child;
  return { state, rows: [{ kind: "child_end", id, state: "done", end }], effects, answer: undefined };
}

/** The parent asks the child, if the report would change anything. */
function childPauses(state: ExecutionState, id: string, context: Context): Decision<undefined> {
  const decision = unchanged(state, undefined);
  return isRunning(state, id, context) ? { ...decision, effects: [{ kind: "ask_child", id }] } : decision;
}

/** The parent cannot continue without a child that pauses. */
function childPaused(state: ExecutionState, id: string, context: Context): Decision<undefined> {
  if (!isRunning(state, id, context)) return unchanged(state, undefined);
  const rows = [{ kind: "child_state", id, state: "paused" } as const];
  if (state.status !== "running") return { ...unchanged(state, undefined), rows };
  const draft = draftOf(state);
  changeStatus(draft, "pausing", context.now_ms);
  return { ...settled(draft, undefined), rows };
}

function isRunning(state: ExecutionState, id: string, { children }: Context): boolean {
  if (!state.family || isCompleted(state.status)) return false;
  return children.some((child) => child.id === id && child.state === "running");
}

function childRuns(state: ExecutionState, id: string): Decision<undefined> {
  return { ...unchanged(state, undefined), rows: [{ kind: "child_state", id, state: "running" }] };
}

/** A planned child that was not made is dropped, if its parent is being canceled. */
function childFound(
  state: ExecutionState,
  { id, is_there }: { id: string; is_there: boolean },
  { children }: Context,
): Decision<undefined> {
  if (is_there) return childRuns(state, id);
  const is_planned = children.some((child) => child.id === id && child.state === "planned");
  if (!is_planned || state.status !== "canceling") return unchanged(state, undefined);
  const end: KeptEnd = { status: "canceled", result: null, secrets: null };
  return { ...unchanged(state, undefined), rows: [{ kind: "child_end", id, state: "dropped", end }] };
}

/**
 * The parent ends with its last child. A parent that is being canceled ends as canceled, however its last child has ended.
 */
function concluded(
  state: ExecutionState,
  event: { status: Status; result: Record<string, unknown>; secrets: readonly string[] },
  { now_ms }: Context,
): Decision<undefined> {
  if (state.status !== "running" && state.status !== "canceling") return unchanged(state, undefined);
  const draft = draftOf(state);
  const status = state.status === "canceling" ? "canceled" : event.status;
  const result = status === "canceled" ? { ...event.result, ...cancelResult(state) } : event.result;
  draft.exit_code = status === "succeeded" ? 0 : null;
  draft.timers.family = null;
  const decision = complete(draft, { status, result, now_ms }, undefined);
  return { ...decision, rows: [{ kind: "secrets", texts: event.secrets }, ...decision.rows] };
}
