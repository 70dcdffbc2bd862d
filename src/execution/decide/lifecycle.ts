import { isCompleted, mayFollow, type Status } from "../../../protocol/base/status.ts";
import { isChain } from "../state/chain.ts";
import type { ExecutionState } from "../state/state.ts";
import { type Context, type Decision, draftOf, unchanged } from "./decision.ts";
import { stepLease } from "./handover.ts";
import { leaseStateOf } from "./lease-step.ts";
import { cancelResult, catchUp, changeStatus, complete, queueDeadline, settled } from "./status.ts";

/** Requests of users and of external runners, and the end of a delay. */
export type LifecycleEvent =
  | { kind: "cancel" | "pause" | "resume"; user: string }
  | { kind: "update"; status: Status; result: Record<string, unknown> }
  | { kind: "delay_over" };

/** A change that was taken, or the status in which it is refused. */
export type ChangeAnswer = { kind: "taken" } | { kind: "refused"; status: Status };

/** A pause or a resume that was taken, or its refusal in StackStorm's words. */
export type SteerAnswer = { kind: "taken" } | { kind: "refused"; reason: string };

export interface LifecycleAnswers {
  cancel: ChangeAnswer;
  update: ChangeAnswer;
  pause: SteerAnswer;
  resume: SteerAnswer;
  delay_over: undefined;
}

type LifecycleAnswer = LifecycleAnswers[keyof LifecycleAnswers];

export function decideLifecycle(
  state: ExecutionState,
  event: LifecycleEvent,
  { now_ms }: Context,
): Decision<LifecycleAnswer> {
  switch (event.kind) {
    case "cancel":
      return cancel(state, event.user, now_ms);
    case "pause":
    case "resume":
      return steer(state, event.kind, event.user, now_ms);
    case "update":
      return update(state, event.status, event.result, now_ms);
    case "delay_over":
      return delayOver(state, now_ms);
  }
}

const TAKEN = { kind: "taken" } as const;

/** Cancels an execution immediately if no agent holds it. Otherwise its agent, or its last child, ends it. */
function cancel(state: ExecutionState, user: string, now_ms: number): Decision<ChangeAnswer> {
  const { status } = state;
  if (status === "canceled") return unchanged(state, TAKEN);
  if (isCompleted(status) || status === "canceling") return unchanged(state, { kind: "refused", status });
  const draft = draftOf(state);
  draft.canceled_by = user;
  draft.spec.context.cancelled_by = user;
  const result = cancelResult(draft);
  if (stepLease(leaseStateOf(state), { kind: "cancel" }).answer.kind === "canceled")
    return complete(draft, { status: "canceled", result, now_ms }, TAKEN);
  changeStatus(draft, "canceling", now_ms);
  if (!draft.family) draft.outbox.pool = "cancel";
  const { effects } = settled(draft, TAKEN);
  return {
    state: draft,
    rows: [{ kind: "result", result }],
    effects: draft.family ? [...effects, { kind: "tend" }] : effects,
    answer: TAKEN,
  };
}

/** Pauses or resumes a chain. It pauses once its current task has ended or paused. */
function steer(
  state: ExecutionState,
  what: "pause" | "resume",
  user: string,
  now_ms: number,
): Decision<SteerAnswer> {
  const { spec, status } = state;
  const refused = (reason: string) => unchanged<SteerAnswer>(state, { kind: "refused", reason });
  const unable = (why: string) =>
    refused(`Unable to ${what} liveaction "${spec.liveaction_id}" because it ${why}`);
  if (!isChain(spec)) return unable(`is not supported by the "${spec.runner.name}" runner.`);
  if (isCompleted(status)) return refused("Execution is already in completed state.");
  const [reached, from]: [Status[], Status] =
    what === "pause" ? [["pausing", "paused"], "running"] : [["running", "resuming"], "paused"];
  if (reached.includes(status)) return unchanged(state, TAKEN);
  if (status !== from)
    return unable(
      what === "pause" ? "is not in a running state." : `is in "${status}" state and not in "paused" state.`,
    );
  const draft = draftOf(state);
  draft.spec.context[what === "pause" ? "paused_by" : "resumed_by"] = user;
  changeStatus(draft, what === "pause" ? "pausing" : "resuming", now_ms);
  const decision = settled(draft, TAKEN);
  return { ...decision, effects: [...decision.effects, { kind: "tend" }] };
}

/** An external runner reports a status. An agent that holds the execution is told to end it. */
function update(
  state: ExecutionState,
  status: Status,
  result: Record<string, unknown>,
  now_ms: number,
): Decision<ChangeAnswer> {
  const refused = unchanged<ChangeAnswer>(state, { kind: "refused", status: state.status });
  // A parent ends with the last of its children.
  if (isCompleted(state.status) || state.family) return refused;
  const draft = draftOf(state);
  if (mayFollow("running", status) || status === "running") catchUp(draft, now_ms);
  if (isCompleted(status) && mayFollow(draft.status, status)) {
    const decision = complete(draft, { status, result, now_ms }, TAKEN);
    return state.lease ? { ...decision, effects: [{ kind: "end_process" }, ...decision.effects] } : decision;
  }
  if (draft.status === status || changeStatus(draft, status, now_ms)) return settled(draft, TAKEN);
  return refused;
}

/** The delay is over, and the execution takes its place in the queue. */
function delayOver(state: ExecutionState, now_ms: number): Decision<undefined> {
  const draft = draftOf(state);
  changeStatus(draft, "requested", now_ms);
  draft.timers.delay = null;
  draft.timers.queue = queueDeadline(draft.spec, now_ms);
  draft.outbox.pool = "enqueue";
  return settled(draft, undefined);
}
