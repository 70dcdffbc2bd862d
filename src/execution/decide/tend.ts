import { isCompleted } from "../../../protocol/base/status.ts";
import { type Child, isMade, isOver } from "../state/child.ts";
import type { ExecutionState, FamilyPlan } from "../state/state.ts";
import { decideChain } from "./chain.ts";
import { type Context, type Decision, draftOf, type FamilyEffect, unchanged } from "./decision.ts";
import { familyStatus } from "./hosts.ts";
import { changeStatus, settled } from "./status.ts";

/**
 * One step in tending the children. `told`: the commands and questions that this round has sent already, each with its
 * child.
 */
export type TendEvent = { kind: "tend"; told: ReadonlySet<string> };

/** Whether the round is over, and the commands and questions that this step sends, each with its child. */
export interface TendAnswer {
  is_over: boolean;
  told: string[];
}

export interface TendAnswers {
  tend: TendAnswer;
}

/** Children that are made, or get a command, at the same time. */
export const CHILDREN_AT_ONCE = 8;

/**
 * Decides the next step for the children: it makes, pauses, resumes or cancels them as the parent's status demands, and ends
 * the parent with the last of them.
 */
export function decideTend(
  state: ExecutionState,
  { told }: TendEvent,
  context: Context,
): Decision<TendAnswer> {
  const { family } = state;
  if (!family || isCompleted(state.status)) return unchanged(state, { is_over: true, told: [] });
  switch (state.status) {
    case "canceling":
      return cancel(state, family, told, context);
    case "pausing":
      return pause(state, told, context);
    case "resuming":
      return resume(state, told, context);
    case "running":
      return advance(state, family, context);
    default:
      return unchanged(state, { is_over: true, told: [] });
  }
}

type EffectKind = Extract<FamilyEffect, { id: string }>["kind"];

function cancel(
  state: ExecutionState,
  family: FamilyPlan,
  told: ReadonlySet<string>,
  context: Context,
): Decision<TendAnswer> {
  const { children } = context;
  const user = state.canceled_by ?? state.spec.context.user;
  const found = untold(children, told, "find_child", isPlanned);
  if (found.length > 0) return ask(state, "find_child", found, user);
  const made = untold(children, told, "cancel_child", isMade);
  if (made.length > 0) return ask(state, "cancel_child", made, user);
  return concludeWithLast(state, family, context);
}

/** Children that can pause do. The others refuse, and the parent waits for their end. Planned children stay planned. */
function pause(
  state: ExecutionState,
  told: ReadonlySet<string>,
  { children, now_ms }: Context,
): Decision<TendAnswer> {
  const user = userOf(state, "paused_by");
  const found = untold(children, told, "find_child", isPlanned);
  if (found.length > 0) return ask(state, "find_child", found, user);
  const running = untold(children, told, "pause_child", (child) => child.state === "running");
  if (running.length > 0) return ask(state, "pause_child", running, user);
  const is_paused = children.filter(isMade).every((child) => child.state === "paused");
  if (!is_paused) return unchanged(state, { is_over: true, told: [] });
  const draft = draftOf(state);
  changeStatus(draft, "paused", now_ms);
  draft.outbox.parent = draft.spec.parent !== undefined;
  return settled(draft, { is_over: true, told: [] });
}

function resume(
  state: ExecutionState,
  told: ReadonlySet<string>,
  { children, now_ms }: Context,
): Decision<TendAnswer> {
  const made = untold(children, told, "resume_child", isMade);
  if (made.length > 0) return ask(state, "resume_child", made, userOf(state, "resumed_by"));
  const draft = draftOf(state);
  changeStatus(draft, "running", now_ms);
  return settled(draft, { is_over: false, told: [] });
}

/** Makes planned children, as many as may run at the same time, and lets a chain choose its next task. */
function advance(state: ExecutionState, family: FamilyPlan, context: Context): Decision<TendAnswer> {
  const { children } = context;
  const width = family.kind === "hosts" ? family.concurrency : 1;
  const room = width - children.filter(isMade).length;
  const planned = children.filter(isPlanned).slice(0, Math.min(Math.max(0, room), CHILDREN_AT_ONCE));
  if (planned.length > 0) return ask(state, "make_child", planned, state.spec.context.user);
  if (room > 0 && family.kind === "chain") {
    const next = decideChain(state, context);
    if (next) return { ...next, answer: { is_over: false, told: [] } };
  }
  return concludeWithLast(state, family, context);
}

function concludeWithLast(state: ExecutionState, family: FamilyPlan, context: Context): Decision<TendAnswer> {
  const { children, progress } = context;
  if (!children.every(isOver)) return unchanged(state, { is_over: true, told: [] });
  const status = family.kind === "hosts" ? familyStatus(children, family) : (progress?.status ?? "failed");
  const decision = unchanged<TendAnswer>(state, { is_over: false, told: [] });
  return { ...decision, effects: [{ kind: "conclude", status }] };
}

function isPlanned({ state }: Child): boolean {
  return state === "planned";
}

/** The next children that have not got this command in this round. */
function untold(
  children: readonly Child[],
  told: ReadonlySet<string>,
  kind: EffectKind,
  are: (child: Child) => boolean,
): Child[] {
  return children
    .filter((child) => are(child) && !told.has(keyOf(kind, child.id)))
    .slice(0, CHILDREN_AT_ONCE);
}

function keyOf(kind: EffectKind, id: string): string {
  return `${kind} ${id}`;
}

function ask(state: ExecutionState, kind: EffectKind, children: Child[], user: string): Decision<TendAnswer> {
  const effects = children.map(({ id }) => effectFor(kind, id, user));
  const told = children.map(({ id }) => keyOf(kind, id));
  return { state, rows: [], effects, answer: { is_over: false, told } };
}

function effectFor(kind: EffectKind, id: string, user: string): FamilyEffect {
  switch (kind) {
    case "make_child":
    case "find_child":
    case "ask_child":
      return { kind, id };
    default:
      return { kind, id, user };
  }
}

/** The user that requested it, from the parent's context. */
function userOf({ spec: { context } }: ExecutionState, key: "paused_by" | "resumed_by"): string {
  return String(context[key] ?? context.user);
}
