import { CHAIN_RUNNER } from "../../protocol/action.ts";
import type { EndExecution, ExpandExecution, LeasedExecution } from "../../protocol/agent.ts";
import { type Acknowledgement, type AppendResult, placeBatch } from "../../protocol/append.ts";
import { FLUSH_UNWATCHED_MS, FLUSH_WATCHED_MS } from "../../protocol/limits.ts";
import { isCompleted } from "../../protocol/status.ts";
import type { Wanted } from "../pool/kind.ts";
import { type Course, cancelResult } from "./course.ts";
import { gapBatch } from "./events.ts";
import type { Family } from "./family.ts";
import { type AbandonReason, type GiveResult, hasStarted, isHolder, type LeaseHolder } from "./holder.ts";
import { planHosts } from "./hosts.ts";
import type { Intake } from "./intake.ts";
import type { BatchHead, Log } from "./log.ts";
import { wantedOf } from "./queueing.ts";
import type { ExecutionRecord } from "./record.ts";
import { changeStatus, type ExecutionState } from "./state.ts";

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
  give({ epoch, agent_id, pool }: LeaseHolder, agent_name: string): GiveResult {
    const { record, course } = this.#parts;
    const { state } = record;
    if (!state || state.spec.pool !== pool || isCompleted(state.status)) return { kind: "over" };
    const { lease } = state;
    const started = hasStarted(state);
    if (lease && (started ? !lease.is_void : lease.epoch >= epoch)) {
      const held_by = lease.is_void ? null : lease.agent_id;
      return { kind: "held", epoch: lease.epoch, agent_id: held_by, started };
    }
    // The agent that had it before never took it on, so there is nothing left to end.
    if (state.status === "canceling") course.completeCanceled(state);
    if (state.status !== "requested" && state.status !== "scheduled") return { kind: "over" };
    const execution = leasedExecution(state, epoch);
    if (state.status === "requested") changeStatus(state, "scheduled", Date.now());
    state.lease = { epoch, agent_id, agent_name };
    state.timers.lease = null;
    course.settle(state);
    return { kind: "given", execution };
  }

  /** Whether the holder's lease is in force. */
  holds(holder: LeaseHolder): boolean {
    return typeof this.#under(holder) !== "string";
  }

  /** The agent has started the process. */
  start(holder: LeaseHolder): AppendResult {
    const state = this.#under(holder);
    if (typeof state === "string") return this.#refusal(state);
    if (changeStatus(state, "running", Date.now())) this.#parts.course.settle(state);
    return { kind: "held", ...this.#acknowledge(state) };
  }

  /**
   * Voids a lease whose agent has not started the process, so that another may have the execution. Its epoch stays: the next
   * must be later. False, with nothing done: it has started, whatever has become of it since.
   */
  unlease(holder: LeaseHolder): boolean {
    const { record } = this.#parts;
    const { state } = record;
    if (!state?.lease || !isHolder(state, holder)) return true;
    if (hasStarted(state)) return false;
    state.lease.is_void = true;
    state.timers.lease = null;
    record.save(state);
    return true;
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
    const { log, course } = this.#parts;
    const state = this.#under(holder);
    if (state === "ended") return { kind: "held", next: log.next, cancel: false, flush_ms: 0 };
    if (state === "lease_lost") return { kind: "lease_lost" };
    const is_whole = end.last_seq === log.totals.last_seq;
    if (state.keeping.stream_output && !is_whole) return { kind: "gap", next: log.next };
    if (state.status === "scheduled") changeStatus(state, "running", Date.now());
    state.exit_code = end.exit_code;
    const canceled = end.status === "canceled" && state.canceled_by !== null;
    course.complete(state, end.status, canceled ? { ...end.result, ...cancelResult(state) } : end.result);
    return { kind: "held", ...this.#acknowledge(state) };
  }

  /** The pool has lost sight of the agent: it has the grace time to come back, by its socket or with output. */
  agentLost(holder: LeaseHolder): void {
    const { env, record } = this.#parts;
    const state = this.#heldBy(holder);
    if (typeof state === "string") return;
    // Said again, it is no longer a grace: only a clock that has been set back would make it one.
    const until_ms = Date.now() + env.LEASE_GRACE_SECONDS * 1000;
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

  /**
   * The grace time is over: an agent that sent something within it has it anew, and so has one that could not, as the server was
   * away or its clock has jumped.
   */
  due(state: ExecutionState, now_ms: number): void {
    const { env, record } = this.#parts;
    const grace_ms = env.LEASE_GRACE_SECONDS * 1000;
    const is_late = now_ms - (state.timers.lease ?? now_ms) > ALARM_LATE_MS_MAX;
    if (is_late || this.#heard_ms > now_ms) this.#heard_ms = now_ms;
    const quiet_until_ms = this.#heard_ms + grace_ms;
    if (quiet_until_ms > now_ms) {
      state.timers.lease = quiet_until_ms;
      record.save(state);
    } else if (state.lease) this.abandon({ ...state.lease, pool: state.spec.pool }, "agent_lost");
  }

  /** The agent will never end it: the log says that something may be missing, and the execution is abandoned. */
  abandon(holder: LeaseHolder, reason: AbandonReason): void {
    const { log, intake, course } = this.#parts;
    const state = this.#heldBy(holder);
    if (typeof state === "string") return;
    const { head, body } = gapBatch(log.next, reason === "agent_restarted" ? reason : "agent_lost");
    intake.take(head, body);
    const agent = `The agent "${state.lease?.agent_name}"`;
    const error =
      reason === "agent_revoked"
        ? `${agent} was revoked while it ran the action.`
        : `${agent} was lost while it ran the action, and did not come back.`;
    course.complete(state, "abandoned", { failed: true, succeeded: false, error });
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
    if (!state || !isHolder(state, holder)) return "lease_lost";
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

/** How late an alarm may ring on a server that is busy. Later, the server was away, or its clock has jumped. */
const ALARM_LATE_MS_MAX = 30_000;

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
