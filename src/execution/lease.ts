import { FLUSH_UNWATCHED_MS, FLUSH_WATCHED_MS } from "../../protocol/base/limits.ts";
import { isCompleted } from "../../protocol/base/status.ts";
import { CHAIN_RUNNER } from "../../protocol/model/action.ts";
import type { EndExecution, ExpandExecution, LeasedExecution } from "../../protocol/wire/agent.ts";
import { type Acknowledgement, type AppendResult, placeBatch } from "../../protocol/wire/append.ts";
import type { AbandonReason, GiveResult, LeaseHolder } from "../objects/lease.ts";
import type { BatchHead } from "../objects/log.ts";
import type { Wanted } from "../objects/pool.ts";
import { type Course, cancelResult } from "./course.ts";
import type { Family } from "./family/family.ts";
import { planHosts } from "./family/hosts.ts";
import { isHolder, type LeaseAnswer, type LeaseEvent, nextLook, stepLease } from "./handover.ts";
import type { Intake } from "./intake.ts";
import { gapBatch } from "./log/events.ts";
import type { Log } from "./log/log.ts";
import { poolOfSpec, wantedOf } from "./queueing.ts";
import type { ExecutionRecord } from "./state/record.ts";
import { catchUp, changeStatus, type ExecutionState, standingOf } from "./state/state.ts";

/** What an agent works on under its lease. */
export interface LeaseParts {
  env: Env;
  record: ExecutionRecord;
  log: Log;
  intake: Intake;
  course: Course;
  family: Family;
}

/** The lease that is in force: what its agent and its pool say and ask, each time as the holder that the record names. */
export class Lease {
  readonly #parts: LeaseParts;
  /** When the agent was last heard, by this instance. */
  #heard_ms = 0;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
  }

  /** The pool gives the execution to an agent. */
  give(holder: LeaseHolder, agent_name: string): GiveResult {
    const { state } = this.#parts.record;
    if (!state) return { kind: "over" };
    const answer = this.#step(state, { kind: "give", holder }, agent_name);
    if (answer.kind === "held") return answer;
    return answer.kind === "given"
      ? { kind: "given", execution: leasedExecution(state, holder.epoch) }
      : { kind: "over" };
  }

  /** Whether the holder's lease is in force. */
  holds(holder: LeaseHolder): boolean {
    return typeof this.#under(holder) !== "string";
  }

  /** The agent has started the process. */
  start(holder: LeaseHolder): AppendResult {
    const state = this.#under(holder);
    if (typeof state === "string") return this.#refusal(state);
    this.#step(state, { kind: "start", holder });
    return { kind: "held", ...this.#acknowledge(state) };
  }

  /**
   * Voids a lease whose agent has not started the process, so that another may have the execution; one that is to be canceled
   * is, with that. False, with nothing done: it has started, whatever has become of it since.
   */
  unlease(holder: LeaseHolder): boolean {
    const { state } = this.#parts.record;
    return !state || this.#step(state, { kind: "unlease", holder }).kind !== "refused";
  }

  /** Appends a checked batch. */
  append(holder: LeaseHolder, head: BatchHead, body: string): AppendResult {
    const { log, intake } = this.#parts;
    const state = this.#under(holder);
    if (typeof state === "string") return this.#refusal(state);
    // An agent that sends what nobody wants goes on as if it were held.
    if (!state.keeping.stream_output)
      return { kind: "held", ...this.#acknowledge(state), next: head.last_seq + 1 };
    const placement = placeBatch(log.next, head.first_seq, head.last_seq);
    if (placement === "gap") return { kind: "gap", next: log.next };
    if (placement === "held") return { kind: "held", ...this.#acknowledge(state) };
    intake.take(head, body);
    return { kind: "appended", ...this.#acknowledge(state) };
  }

  /** The agent found that it is for several hosts: each becomes a child, and the lease is over. */
  expand(holder: LeaseHolder, { hosts, ...plan }: ExpandExecution): AppendResult {
    const { course, family } = this.#parts;
    const state = this.#under(holder);
    if (typeof state === "string") return this.#refusal(state);
    planHosts(family.children, hosts);
    family.begin(state, { kind: "hosts", ...plan });
    state.lease = null;
    state.outbox.pool = "release";
    changeStatus(state, "running", Date.now());
    course.settle(state);
    family.wake();
    return { kind: "held", ...this.#acknowledge(state) };
  }

  /** The agent ends the execution, once the log holds all that it produced. Safe to repeat. */
  end(holder: LeaseHolder, end: EndExecution): AppendResult {
    const { log } = this.#parts;
    const state = this.#under(holder);
    if (state === "ended") return { kind: "held", next: log.next, cancel: false, flush_ms: 0 };
    if (state === "lease_lost") return { kind: "lease_lost" };
    const is_whole = end.last_seq === log.totals.last_seq;
    if (state.keeping.stream_output && !is_whole) return { kind: "gap", next: log.next };
    state.exit_code = end.exit_code;
    const canceled = end.status === "canceled" && state.canceled_by !== null;
    const result = canceled ? { ...end.result, ...cancelResult(state) } : end.result;
    this.#step(state, { kind: "end", holder, status: end.status }, undefined, result);
    return { kind: "held", ...this.#acknowledge(state) };
  }

  /** The pool has lost sight of the agent, which it heard last at a moment: it has the grace time to come back, by its socket or with output. */
  agentLost(holder: LeaseHolder, heard_ms: number): void {
    const { env, record } = this.#parts;
    const state = this.#heldBy(holder);
    if (typeof state === "string") return;
    // Where it is over already, it is so only now. Said again, it is no longer a grace: only a clock that has been set back would make it one.
    const now_ms = Date.now();
    const until_ms = Math.max(now_ms, Math.min(heard_ms, now_ms) + env.LEASE_GRACE_SECONDS * 1000);
    state.timers.lease = Math.min(state.timers.lease ?? until_ms, until_ms);
    record.save(state);
  }

  /**
   * The agent is back, and still runs it. Tells whether it missed a cancel, or has lost the lease since; and of what has not
   * ended, what it asks of an agent.
   */
  agentBack(holder: LeaseHolder): { held: boolean; cancel: boolean; wanted?: Wanted } {
    const state = this.#under(holder);
    if (typeof state === "string") return { held: state === "ended", cancel: false };
    state.timers.lease = null;
    this.#parts.record.save(state);
    return { held: true, cancel: state.status === "canceling", wanted: wantedOf(state.spec) };
  }

  /** The pool was told to cancel, and no agent has it there. What has been started is its agent's to end, if it comes back. */
  unheld(state: ExecutionState): void {
    const { course, env, record } = this.#parts;
    if (!standingOf(state).started) course.completeCanceled(state);
    else {
      state.timers.lease ??= Date.now() + env.LEASE_GRACE_SECONDS * 1000;
      record.save(state);
    }
  }

  /** The grace time is over, unless the agent was heard within it: by this object, or now by its pool. */
  async due(state: ExecutionState, now_ms: number): Promise<void> {
    const { env, record } = this.#parts;
    const { timers, lease, spec } = state;
    const grace_ms = env.LEASE_GRACE_SECONDS * 1000;
    // What lies in the future was heard before the clock was set back.
    this.#heard_ms = Math.min(this.#heard_ms, now_ms);
    const next_ms = nextLook(timers.lease ?? now_ms, now_ms, { heard_ms: this.#heard_ms, grace_ms });
    // Until the pool has answered, a crash must not lose the timer.
    timers.lease = next_ms ?? now_ms + RECHECK_MS;
    record.save(state);
    if (next_ms !== undefined || !lease) return;
    const is_present = await poolOfSpec(env, spec)
      .isPresent(lease.agent_id)
      .catch((error: unknown) => {
        console.error(`execution ${spec.id}: its agent's pool cannot be asked: ${error}`);
        return undefined;
      });
    // It may have come back, or have ended, while the pool was asked.
    if (is_present === undefined || timers.lease === null) return;
    if (!is_present) {
      this.abandon({ ...lease, pool: spec.pool }, "agent_lost");
      return;
    }
    timers.lease = now_ms + grace_ms;
    record.save(state);
  }

  /** The agent will never end it: the log says that something may be missing, and the execution is abandoned. False: it is not under this lease. */
  abandon(holder: LeaseHolder, reason: AbandonReason): boolean {
    const { log, intake } = this.#parts;
    const state = this.#heldBy(holder);
    if (typeof state === "string") return state === "ended";
    const { head, body } = gapBatch(log.next, reason === "agent_restarted" ? reason : "agent_lost");
    intake.take(head, body);
    const agent = `The agent "${state.lease?.agent_name}"`;
    const error =
      reason === "agent_revoked"
        ? `${agent} was revoked while it ran the action.`
        : `${agent} was lost while it ran the action, and did not come back.`;
    this.#step(state, { kind: "abandon", holder }, undefined, { failed: true, succeeded: false, error });
    return true;
  }

  /** Takes what the pure step comes to into the state, and tells of it. A status that completes has its result. */
  #step(
    state: ExecutionState,
    event: LeaseEvent,
    agent_name = state.lease?.agent_name ?? "",
    result: Record<string, unknown> = cancelResult(state),
  ): LeaseAnswer {
    const { record, course } = this.#parts;
    const before = standingOf(state);
    const { standing, answer } = stepLease(before, event);
    if (standing === before) return answer;
    const { lease, status, started } = standing;
    state.lease = lease && { ...lease, agent_name, ...(started ? { is_begun: true as const } : {}) };
    if (event.kind === "give" || event.kind === "unlease") state.timers.lease = null;
    if (isCompleted(status)) {
      if (event.kind === "end") catchUp(state, Date.now());
      course.complete(state, status, result);
    } else if (changeStatus(state, status, Date.now()) || event.kind === "give") course.settle(state);
    else record.save(state);
    return answer;
  }

  /** The state, if the holder's lease is in force, for what the agent itself sends: it has been heard. */
  #under(holder: LeaseHolder): ExecutionState | "lease_lost" | "ended" {
    const state = this.#heldBy(holder);
    if (typeof state !== "string") this.#heard_ms = Date.now();
    return state;
  }

  /** The same for what the pool says, which repeats it: that is no sign of the agent. */
  #heldBy(holder: LeaseHolder): ExecutionState | "lease_lost" | "ended" {
    const { state } = this.#parts.record;
    if (!state || !isHolder(standingOf(state), holder)) return "lease_lost";
    return isCompleted(state.status) ? "ended" : state;
  }

  #refusal(why: "lease_lost" | "ended"): AppendResult {
    return why === "ended" ? { kind: "ended", next: this.#parts.log.next } : { kind: "lease_lost" };
  }

  #acknowledge({ status }: ExecutionState): Acknowledgement {
    const { log, intake } = this.#parts;
    const flush_ms = intake.watched ? FLUSH_WATCHED_MS : FLUSH_UNWATCHED_MS;
    return { next: log.next, cancel: status === "canceling", flush_ms };
  }
}

/** How long the alarm waits before it asks the pool again whether the agent is there. */
const RECHECK_MS = 5_000;

/** What the agent is given to run. */
function leasedExecution({ spec, keeping }: ExecutionState, epoch: number): LeasedExecution {
  const { action, parameters, resolved, secrets, context, parent } = spec;
  const { chain: _, runner_type, ...given } = action;
  if (runner_type === CHAIN_RUNNER) throw new Error("a chain is given to no agent");
  return {
    execution_id: spec.id,
    epoch,
    action: { ...given, runner_type },
    user: context.user,
    context,
    ...(parent?.host === undefined ? {} : { host: parent.host }),
    stream_output: keeping.stream_output,
    parameters,
    runner_parameters: resolved.runner,
    action_parameters: resolved.action,
    ...(secrets && secrets.length > 0 ? { secrets } : {}),
  };
}
