import { CHAIN_STEPS_MAX, CHAIN_VARS_CHARS_MAX } from "../../../protocol/base/limits.ts";
import { writeExact } from "../../../protocol/base/numbers.ts";
import { isCompleted } from "../../../protocol/base/status.ts";
import { taskOf } from "../state/chain.ts";
import { type Child, isOver, type KeptEnd, type NewChild } from "../state/child.ts";
import { failedWith, type Progress } from "../state/progress.ts";
import type { ExecutionState } from "../state/state.ts";
import { type Context, type Decision, draftOf, type Row, unchanged } from "./decision.ts";
import { noteChange } from "./status.ts";

/** Rendered values, and the secret texts in them; or the text of the error. */
export type Published =
  | { kind: "rendered"; values: Record<string, unknown>; secrets: readonly string[] }
  | { kind: "failed"; error: string };

/** The draft of a task's execution; a task that cannot be made, with its end; or the error that ends the chain. */
export type Prepared =
  | { kind: "ready"; child: NewChild; secrets: readonly string[] }
  | { kind: "dropped"; child: NewChild; end: KeptEnd; secrets: readonly string[] }
  | { kind: "failed"; error: string };

/**
 * Answers to the effects of a chain. Each names the position that it is for: a stale answer is dropped.
 * `after` is the position of the last settled task.
 */
export type ChainEvent =
  | { kind: "progress_begun"; progress: Progress }
  | { kind: "published"; position: number; outcome: Published }
  | { kind: "task_prepared"; after: number; name: string; outcome: Prepared };

export interface ChainAnswers {
  progress_begun: undefined;
  published: undefined;
  task_prepared: undefined;
}

/** The next step of a chain whose tasks have all ended; undefined if no task follows. */
export function decideChain(
  state: ExecutionState,
  { children, progress }: Context,
): Decision<undefined> | undefined {
  const decision = unchanged(state, undefined);
  if (!progress) return { ...decision, effects: [{ kind: "begin_progress" }] };
  const last = children.at(-1);
  if (last && isOver(last) && last.position > progress.settled) return settle(state, progress, last);
  if (progress.next === null) return undefined;
  if ((last?.position ?? 0) >= CHAIN_STEPS_MAX) {
    const error = `A run of a chain starts at most ${CHAIN_STEPS_MAX} tasks.`;
    return { ...decision, rows: [keep({ ...progress, ...failedWith(error) })] };
  }
  const effect = { kind: "prepare_task", after: progress.settled, name: progress.next } as const;
  return { ...decision, effects: [effect] };
}

export function decideAnswerOfChain(
  state: ExecutionState,
  event: ChainEvent,
  context: Context,
): Decision<undefined> {
  const { progress } = context;
  const decision = unchanged(state, undefined);
  if (isCompleted(state.status)) return decision;
  if (event.kind === "progress_begun")
    return progress ? decision : { ...decision, rows: [keep(event.progress)] };
  if (!progress) return decision;
  return event.kind === "published"
    ? published(state, event, progress, context)
    : prepared(state, event, progress, context);
}

/** A task has ended. If it publishes variables, they are rendered before the next task is chosen. */
function settle(state: ExecutionState, progress: Progress, last: Child): Decision<undefined> {
  const { publish } = taskOf(state.spec, last.name);
  const decision = unchanged(state, undefined);
  if (last.status === "canceled" || last.state === "dropped" || Object.keys(publish).length === 0)
    return { ...decision, rows: [keep(settledBy(state, progress, last))] };
  const { position, name } = last;
  return { ...decision, effects: [{ kind: "publish", position, name }] };
}

/** The progress after a task's end: its status, and the task that follows. */
function settledBy({ spec }: ExecutionState, before: Progress, { name, position, status }: Child): Progress {
  const progress: Progress = { ...before, settled: position, next: null };
  if (status === "canceled") return { ...progress, status };
  const task = taskOf(spec, name);
  const succeeded = status === "succeeded";
  progress.status = succeeded || status === "timeout" ? status : "failed";
  progress.next = task[succeeded ? "on-success" : "on-failure"] || null;
  return progress;
}

function published(
  state: ExecutionState,
  { position, outcome }: Extract<ChainEvent, { kind: "published" }>,
  before: Progress,
  { children }: Context,
): Decision<undefined> {
  const decision = unchanged(state, undefined);
  const last = children.at(-1);
  if (!last || last.position !== position || before.settled >= position) return decision;
  const progress = settledBy(state, before, last);
  if (outcome.kind === "failed")
    return { ...decision, rows: [keep({ ...progress, ...failedWith(outcome.error) })] };
  const { values, secrets } = outcome;
  const next: Progress = {
    ...progress,
    vars: { ...before.vars, ...values },
    published: { ...before.published, ...values },
    secrets: [...before.secrets, ...secrets],
  };
  return { ...decision, rows: [keep(next)] };
}

/**
 * If a user has paused or canceled the chain since the task was prepared, this task is dropped. A resumed chain prepares it
 * again.
 */
function prepared(
  state: ExecutionState,
  { after, name, outcome }: Extract<ChainEvent, { kind: "task_prepared" }>,
  progress: Progress,
  { children }: Context,
): Decision<undefined> {
  const is_stale = progress.settled !== after || progress.next !== name || !children.every(isOver);
  if (state.status !== "running" || is_stale) return unchanged(state, undefined);
  if (outcome.kind === "failed")
    return { ...unchanged(state, undefined), rows: [keep({ ...progress, ...failedWith(outcome.error) })] };
  const { child, secrets } = outcome;
  const rows: Row[] =
    secrets.length > 0 ? [keep({ ...progress, secrets: [...progress.secrets, ...secrets] })] : [];
  rows.push({ kind: "plan", children: [child] });
  if (outcome.kind === "dropped") {
    rows.push({ kind: "child_end", id: child.id, state: "dropped", end: outcome.end });
    return { ...unchanged(state, undefined), rows };
  }
  const draft = draftOf(state);
  noteChange(draft);
  return { state: draft, rows, effects: [], answer: undefined };
}

/** The row of a progress. A chain whose variables have become too large ends. */
function keep(progress: Progress): Row {
  const { parameters, vars, published } = progress;
  const secrets = [...new Set(progress.secrets)];
  if (writeExact([parameters, vars, published]).length <= CHAIN_VARS_CHARS_MAX)
    return { kind: "progress", progress: { ...progress, secrets } };
  const error = `The chain's parameters and variables have more than ${CHAIN_VARS_CHARS_MAX} characters.`;
  const ended = { ...progress, vars: {}, published: {}, secrets, ...failedWith(error) };
  return { kind: "progress", progress: ended };
}
