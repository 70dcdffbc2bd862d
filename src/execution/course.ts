import { isCompleted, mayFollow, type Status } from "../../protocol/base/status.ts";
import type { CancelResult, PauseResult, UpdateResult } from "../objects/execution.ts";
import type { Delivery } from "./deliver/delivery.ts";
import type { Family, FamilyEnd } from "./family/family.ts";
import { stepLease } from "./handover.ts";
import { statusEvent } from "./log/events.ts";
import type { Followers } from "./log/followers.ts";
import type { Retention } from "./retention.ts";
import type { ExecutionRecord } from "./state/record.ts";
import { catchUp, changeStatus, type ExecutionState, queueDeadline, standingOf } from "./state/state.ts";
import { steer } from "./steer.ts";

/** Who must know of a change of status. */
export interface CourseParts {
  record: ExecutionRecord;
  followers: Followers;
  delivery: Delivery;
  retention: Retention;
  family: Family;
}

/** The way of an execution through its statuses: each change is stored, and then told to whoever must know of it. */
export class Course {
  readonly #parts: CourseParts;

  constructor(parts: CourseParts) {
    this.#parts = parts;
  }

  /** Somebody asks to cancel. What is not with an agent yet is canceled at once. */
  cancel(user: string): CancelResult {
    const { record, family } = this.#parts;
    const state = record.existing;
    if (state.status === "canceled") return { kind: "canceled", execution: record.document(state) };
    if (isCompleted(state.status) || state.status === "canceling")
      return { kind: "refused", status: state.status };
    state.canceled_by = user;
    state.spec.context.cancelled_by = user;
    if (stepLease(standingOf(state), { kind: "cancel" }).answer.kind === "canceled")
      this.completeCanceled(state);
    else {
      changeStatus(state, "canceling", Date.now());
      record.result = cancelResult(state);
      if (!state.family) state.outbox.pool = "cancel";
      this.settle(state);
      if (state.family) family.wake();
    }
    return { kind: "canceled", execution: record.document(state) };
  }

  /** Somebody asks a chain to pause, or to go on. It pauses once the task that runs has ended, or pauses itself. */
  steer(what: "pause" | "resume", user: string): PauseResult {
    const { record, family } = this.#parts;
    const state = record.existing;
    const wish = steer(state, what, user);
    if (wish.kind === "refused") return wish;
    if (wish.kind === "change") {
      this.pass(state, wish.status);
      family.wake();
    }
    return { kind: "taken", execution: record.document(state) };
  }

  /** Somebody outside says how it stands, who runs it himself. An agent that has it is told to end it. */
  update(status: Status, result: Record<string, unknown>): UpdateResult {
    const { record, delivery } = this.#parts;
    const state = record.existing;
    // What has children ends with the last of them.
    if (isCompleted(state.status) || state.family) return { kind: "refused", status: state.status };
    const now_ms = Date.now();
    if (mayFollow("running", status) || status === "running") catchUp(state, now_ms);
    if (isCompleted(status) && mayFollow(state.status, status)) {
      delivery.endProcess(state);
      this.complete(state, status, result);
    } else if (state.status === status || changeStatus(state, status, now_ms)) this.settle(state);
    else return { kind: "refused", status: state.status };
    return { kind: "updated", execution: record.document(state) };
  }

  /** It has waited for long enough, and takes its place in the queue. */
  delayOver(state: ExecutionState, now_ms: number): void {
    changeStatus(state, "requested", now_ms);
    state.timers.delay = null;
    state.timers.queue = queueDeadline(state.spec, now_ms);
    state.outbox.pool = "enqueue";
    this.settle(state);
  }

  /** Begins a chain: from here on it is its family that brings it on. Safe to repeat. */
  begin(state: ExecutionState): void {
    const { family } = this.#parts;
    if (state.family) return;
    family.begin(state, { kind: "chain" });
    catchUp(state, Date.now());
    this.settle(state);
    family.wake();
  }

  /** Takes a status on the way; a parent learns of a pause. */
  pass(state: ExecutionState, status: Status): void {
    if (!changeStatus(state, status, Date.now())) return;
    if (status === "paused") state.outbox.parent = state.spec.parent !== undefined;
    this.settle(state);
  }

  /** The last child has ended, and with it the parent. */
  endFamily(state: ExecutionState, { status: outcome, result, secrets }: FamilyEnd): void {
    // What was to be canceled is, however the last of the children came to its end.
    const status = state.status === "canceling" ? "canceled" : outcome;
    state.exit_code = status === "succeeded" ? 0 : null;
    this.#parts.record.keepSecrets(secrets);
    this.complete(state, status, status === "canceled" ? { ...result, ...cancelResult(state) } : result);
  }

  completeCanceled(state: ExecutionState): void {
    this.complete(state, "canceled", cancelResult(state));
  }

  /** The last change of all: status, result and expiry in one write, after the last output; then the followers end. */
  complete(state: ExecutionState, status: Status, result: Record<string, unknown>): void {
    const { record, retention, followers } = this.#parts;
    const now_ms = Date.now();
    if (!changeStatus(state, status, now_ms)) throw new Error(`${state.status} does not become ${status}`);
    retention.begin(state, now_ms);
    if (!state.family) state.outbox.pool = "release";
    state.outbox.parent = state.spec.parent !== undefined;
    record.result = result;
    this.settle(state);
    followers.end();
  }

  /** Stores a changed status, tells the followers, and tells the others once this event is done. */
  settle(state: ExecutionState): void {
    const { followers, delivery } = this.#parts;
    const event = statusEvent(state);
    if (event) followers.announce(event);
    delivery.tell(state);
  }
}

/** What the result of an execution says of the user who canceled it. */
export function cancelResult({ canceled_by }: ExecutionState): Record<string, unknown> {
  return { message: "Action canceled by user.", user: canceled_by };
}
