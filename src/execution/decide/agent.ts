import type { EndExecution } from "../../../protocol/wire/agent.ts";
import { placeBatch } from "../../../protocol/wire/append.ts";
import type { LeaseHolder } from "../../objects/lease.ts";
import type { BatchHead } from "../../objects/log.ts";
import type { NewChild } from "../state/child.ts";
import type { ExecutionState, HostsPlan } from "../state/state.ts";
import { type Context, changedTo, type Decision, draftOf, type Effect, unchanged } from "./decision.ts";
import { beginFamily } from "./family-begin.ts";
import { holdingOf, takeStep } from "./lease-step.ts";
import { cancelResult, settled } from "./status.ts";

/** An agent's requests under its lease. The children of an `expand` are sealed already. */
export type AgentEvent =
  | { kind: "check"; holder: LeaseHolder }
  | { kind: "start"; holder: LeaseHolder }
  | { kind: "issue_token"; holder: LeaseHolder }
  | { kind: "agent_back"; holder: LeaseHolder }
  | { kind: "append"; holder: LeaseHolder; head: BatchHead; body: string }
  | { kind: "expand"; holder: LeaseHolder; plan: HostsPlan; children: NewChild[] }
  | { kind: "end"; holder: LeaseHolder; end: EndExecution };

/**
 * `unwanted`: the execution keeps no output, and the agent continues as if it were stored. `repeated`: the execution has ended
 * already.
 */
export type AgentAnswer = "held" | "appended" | "gap" | "unwanted" | "repeated" | "ended" | "lease_lost";

export interface AgentAnswers {
  /** Whether the holder's lease is in force. */
  check: boolean;
  start: AgentAnswer;
  issue_token: AgentAnswer;
  append: AgentAnswer;
  expand: AgentAnswer;
  end: AgentAnswer;
  agent_back: "held" | "ended" | "lease_lost";
}

export function decideAgent(
  state: ExecutionState,
  event: AgentEvent,
  context: Context,
): Decision<AgentAnswer | boolean> {
  const holding = holdingOf(state, event.holder);
  if (event.kind === "check") return heard(unchanged(state, holding === "held"), holding);
  if (holding === "ended" && event.kind === "end") return unchanged(state, "repeated");
  if (holding !== "held") return unchanged(state, holding);
  return heard(underLease(state, event, context), holding);
}

/** A request under a lease in force counts as heard from its agent. */
function heard<Answer>(decision: Decision<Answer>, holding: string): Decision<Answer> {
  if (holding !== "held") return decision;
  const effects: Effect[] = [{ kind: "heard" }, ...decision.effects];
  return { ...decision, effects };
}

function underLease(
  state: ExecutionState,
  event: Exclude<AgentEvent, { kind: "check" }>,
  context: Context,
): Decision<AgentAnswer> {
  switch (event.kind) {
    case "start":
      return { ...takeStep(state, event, context), answer: "held" };
    case "issue_token":
      return changedTo({ ...state, token_epoch: event.holder.epoch }, "held");
    case "append":
      return append(state, event, context);
    case "expand":
      return expand(state, event, context);
    case "end":
      return end(state, event, context);
    case "agent_back": {
      if (state.timers.lease === null) return unchanged(state, "held");
      const draft = draftOf(state);
      draft.timers.lease = null;
      return changedTo(draft, "held");
    }
  }
}

function append(
  state: ExecutionState,
  { head, body }: { head: BatchHead; body: string },
  { totals }: Context,
): Decision<AgentAnswer> {
  if (!state.keeping.stream_output) return unchanged(state, "unwanted");
  const placement = placeBatch(totals.last_seq + 1, head.first_seq, head.last_seq);
  if (placement !== "append") return unchanged(state, placement);
  return { state, rows: [{ kind: "batch", head, body }], effects: [], answer: "appended" };
}

/** The action is for several hosts: each becomes a child, and the lease is over. */
function expand(
  state: ExecutionState,
  { holder, plan, children }: { holder: LeaseHolder; plan: HostsPlan; children: NewChild[] },
  context: Context,
): Decision<AgentAnswer> {
  const draft = draftOf(takeStep(state, { kind: "expand", holder }, context).state);
  beginFamily(draft, plan, context.now_ms);
  draft.timers.lease = null;
  draft.outbox.pool = "release";
  const decision = settled<AgentAnswer>(draft, "held");
  return {
    ...decision,
    rows: [{ kind: "plan", children }],
    effects: [...decision.effects, { kind: "tend" }],
  };
}

function end(
  state: ExecutionState,
  { holder, end }: { holder: LeaseHolder; end: EndExecution },
  { now_ms, totals }: Context,
): Decision<AgentAnswer> {
  const { status, exit_code, last_seq } = end;
  if (state.keeping.stream_output && last_seq !== totals.last_seq) return unchanged(state, "gap");
  const canceled = status === "canceled" && state.canceled_by !== null;
  const result = canceled ? { ...end.result, ...cancelResult(state) } : end.result;
  return {
    ...takeStep(state, { kind: "end", holder, status }, { now_ms, result, exit_code }),
    answer: "held",
  };
}
