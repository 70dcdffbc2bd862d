import type { AppendResult } from "../../../protocol/wire/append.ts";
import type { LeasedRun } from "../../objects/execution.ts";
import type { LeaseHolder } from "../../objects/lease.ts";
import type { Rest } from "../../objects/log.ts";
import type { Wanted } from "../../objects/pool.ts";
import type { AgentEvent } from "../decide/agent.ts";
import { holdingOf } from "../decide/lease-step.ts";
import { appendResult } from "../deliver/acknowledge.ts";
import { wantedOf } from "../deliver/pool.ts";
import type { Steps } from "./step.ts";

/** An agent's report under its lease. */
export function underLease(
  steps: Steps,
  event: Exclude<AgentEvent, { kind: "check" | "agent_back" | "issue_token" }>,
): AppendResult {
  if (!steps.state) return { kind: "lease_lost" };
  const { answer } = steps.take(event);
  const { env, log } = steps.stored;
  return appendResult(event, answer, {
    next: log.next,
    cancel: steps.state.status === "canceling",
    is_watched: steps.watched,
    appends_per_second: env.APPENDS_PER_SECOND,
  });
}

/**
 * The end of an execution. With the rest of its output, the agent may have reported neither the start nor that output: they are taken
 * first, and stored and told together with the end. The answer is `appended` if the log had to take them.
 */
export function endUnder(
  steps: Steps,
  event: Extract<AgentEvent, { kind: "end" }>,
  rest: Rest | undefined,
): AppendResult {
  const { holder } = event;
  // After a repeated end, neither is held.
  if (!rest || underLease(steps, { kind: "start", holder }).kind !== "held" || !rest.batch)
    return underLease(steps, event);
  const { body, ...head } = rest.batch;
  const appended = underLease(steps, { kind: "append", holder, head, body });
  if (appended.kind === "gap") return appended;
  const ended = underLease(steps, event);
  return ended.kind === "held" && appended.kind === "appended" ? { ...ended, kind: "appended" } : ended;
}

/**
 * The agent is back: whether it holds the lease still, and whether its program is to end. It may have missed a cancel, or the
 * execution was abandoned while it was away.
 */
export function agentBack(
  steps: Steps,
  holder: LeaseHolder,
): { held: boolean; cancel: boolean; wanted?: Wanted } {
  const { state } = steps;
  const answer = state ? steps.take({ kind: "agent_back", holder }).answer : "lease_lost";
  if (!state || answer === "lease_lost") return { held: false, cancel: false };
  if (answer === "ended") return { held: true, cancel: state.status === "abandoned" };
  return { held: true, cancel: state.status === "canceling", wanted: wantedOf(state.spec) };
}

/** The run, while a lease is in force. A request with its token is no sign of its agent, so it is not an event. */
export function runUnder(steps: Steps, holder: LeaseHolder, issues_token: boolean): LeasedRun | undefined {
  const { state } = steps;
  if (!state || holdingOf(state, holder) !== "held") return undefined;
  if (issues_token) steps.take({ kind: "issue_token", holder });
  return steps.stored.run;
}
