import type { AbandonReason, GiveResult, LeaseHolder } from "../../objects/lease.ts";
import type { Presence } from "../../objects/pool.ts";
import type { ExecutionState } from "../state/state.ts";
import { type Context, changedTo, type Decision, draftOf, unchanged } from "./decision.ts";
import { nextLook } from "./grace.ts";
import { holdingOf, leaseStateOf, takeStep } from "./lease-step.ts";
import { cancelResult, complete } from "./status.ts";

/**
 * A pool's requests and reports about a lease, and the timer of a lost agent. `unheld`: the pool was told to cancel the
 * execution, and no agent holds it there. `presence`: the pool's answer about the lease's agent.
 */
export type LeaseEvent =
  | { kind: "give"; holder: LeaseHolder; agent_name: string }
  | { kind: "unlease"; holder: LeaseHolder }
  | { kind: "agent_lost"; holder: LeaseHolder; heard_ms: number | null }
  | { kind: "abandon"; holder: LeaseHolder; reason: AbandonReason }
  | { kind: "lease_due" | "unheld" }
  | { kind: "presence"; epoch: number; presence: Presence };

/** The answer to a pool that gives the execution to an agent. */
export type GiveAnswer = Exclude<GiveResult, { kind: "given" }> | { kind: "given" };

export interface LeaseAnswers {
  give: GiveAnswer;
  /** False: the agent has started the process. */
  unlease: boolean;
  /** False: the holder has no lease of this execution. */
  abandon: boolean;
  agent_lost: undefined;
  lease_due: undefined;
  unheld: undefined;
  presence: undefined;
}

type LeaseAnswer = LeaseAnswers[keyof LeaseAnswers];

export function decideLease(
  state: ExecutionState,
  event: LeaseEvent,
  context: Context,
): Decision<LeaseAnswer> {
  switch (event.kind) {
    case "give":
      return give(state, event, context);
    case "unlease": {
      const decision = takeStep(state, event, context);
      return { ...decision, answer: decision.answer.kind !== "refused" };
    }
    case "agent_lost":
      return agentLost(state, event, context);
    case "abandon":
      return abandon(state, event, context);
    case "lease_due":
      return leaseDue(state, context);
    case "presence":
      return presence(state, event, context);
    case "unheld":
      return unheld(state, context);
  }
}

/** How long the alarm waits before it asks the pool again whether the agent is present. */
const RECHECK_MS = 5_000;

function give(
  state: ExecutionState,
  { holder, agent_name }: { holder: LeaseHolder; agent_name: string },
  { now_ms }: Context,
): Decision<GiveAnswer> {
  const { answer, ...decision } = takeStep(state, { kind: "give", holder }, { now_ms, agent_name });
  if (answer.kind === "held") return { ...decision, answer };
  return { ...decision, answer: { kind: answer.kind === "given" ? "given" : "over" } };
}

/**
 * The agent has the grace time to come back, from the moment at which the pool last heard it. An earlier loss does not count any
 * more. After a restart the pool does not know that moment, and repeats the loss at each look; that makes the grace no longer.
 */
function agentLost(
  state: ExecutionState,
  { holder, heard_ms }: { holder: LeaseHolder; heard_ms: number | null },
  { now_ms, grace_ms }: Context,
): Decision<undefined> {
  if (holdingOf(state, holder) !== "held") return unchanged(state, undefined);
  // A grace time that is over already ends now. One that a clock which was set back has made longer is cut.
  const until_ms = Math.max(now_ms, Math.min(heard_ms ?? now_ms, now_ms) + grace_ms);
  const draft = draftOf(state);
  draft.timers.lease = heard_ms === null ? Math.min(state.timers.lease ?? until_ms, until_ms) : until_ms;
  return changedTo(draft, undefined);
}

function abandon(
  state: ExecutionState,
  { holder, reason }: { holder: LeaseHolder; reason: AbandonReason },
  { now_ms }: Context,
): Decision<boolean> {
  const holding = holdingOf(state, holder);
  if (holding !== "held") return unchanged(state, holding === "ended");
  const agent = `The agent "${state.lease?.agent_name}"`;
  const error =
    reason === "agent_revoked"
      ? `${agent} was revoked while it ran the action.`
      : `${agent} was lost while it ran the action, and did not come back.`;
  const result = { failed: true, succeeded: false, error };
  const decision = takeStep(state, { kind: "abandon", holder }, { now_ms, result });
  const gap = reason === "agent_restarted" ? reason : "agent_lost";
  return { ...decision, rows: [...decision.rows, { kind: "gap", reason: gap }], answer: true };
}

/** The grace time is over, unless the agent was heard within it. The pool knows whether the agent is connected now. */
function leaseDue(state: ExecutionState, { now_ms, grace_ms, heard_ms }: Context): Decision<undefined> {
  const { lease, timers } = state;
  const next_ms = nextLook(timers.lease ?? now_ms, now_ms, { heard_ms, grace_ms });
  const draft = draftOf(state);
  // The timer stays until the pool has answered, so that a crash does not lose it.
  draft.timers.lease = next_ms ?? now_ms + RECHECK_MS;
  const decision = changedTo(draft, undefined);
  if (next_ms !== undefined || !lease) return decision;
  const { epoch, agent_id } = lease;
  return { ...decision, effects: [{ kind: "ask_presence", epoch, agent_id }] };
}

function presence(
  state: ExecutionState,
  { epoch, presence }: { epoch: number; presence: Presence },
  context: Context,
): Decision<undefined> {
  const { lease, timers, spec } = state;
  // The answer is stale if the agent has come back, or the lease is another one.
  if (!lease || lease.epoch !== epoch || timers.lease === null) return unchanged(state, undefined);
  if (presence === "away") {
    const holder = { epoch, agent_id: lease.agent_id, pool: spec.pool };
    return { ...abandon(state, { holder, reason: "agent_lost" }, context), answer: undefined };
  }
  const draft = draftOf(state);
  // A pool that has the lease reports when it loses the agent. A pool that does not have it is asked again.
  draft.timers.lease = presence === "holding" ? null : context.now_ms + context.grace_ms;
  return changedTo(draft, undefined);
}

/** An execution that no agent has started is canceled. One that was started belongs to its agent, which may come back. */
function unheld(state: ExecutionState, { now_ms, grace_ms }: Context): Decision<undefined> {
  const draft = draftOf(state);
  if (!leaseStateOf(state).started)
    return complete(draft, { status: "canceled", result: cancelResult(state), now_ms }, undefined);
  draft.timers.lease ??= now_ms + grace_ms;
  return changedTo(draft, undefined);
}
