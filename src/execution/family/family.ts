import { isCompleted, type Status } from "../../../protocol/base/status.ts";
import { timestamp } from "../../../protocol/base/time.ts";
import { placeBatch } from "../../../protocol/wire/append.ts";
import { breathe, inPortions } from "../../base/portions.ts";
import type { ChildEnd } from "../../objects/execution.ts";
import { executionStub } from "../../objects/execution.ts";
import type { BatchHead } from "../../objects/log.ts";
import type { ExecutionSpec } from "../../objects/spec.ts";
import { Rounds } from "../deliver/rounds.ts";
import type { Intake } from "../intake.ts";
import type { ExecutionRecord } from "../state/record.ts";
import type { ExecutionState, FamilyPlan } from "../state/state.ts";
import type { Vault } from "../state/vault.ts";
import { type Child, Children, isOver, type KeptEnd } from "./children.ts";

/** How a parent ends: its status and result, and the texts in it that no document may show. */
export interface FamilyEnd {
  status: Status;
  result: Record<string, unknown>;
  secrets: string[];
}

/** What decides which children there are: one for each host of a run, or one task of a chain after the other. */
export interface Policy {
  /** Children that may be on their way at the same time. */
  width: number;
  /** Decides what comes next, and stores it; true where that is another child, planned or dropped at once. */
  decide: () => Promise<boolean>;
  /** What a child is made from. */
  specOf: (child: Child) => ExecutionSpec;
  /** How readers see a child named. */
  labelOf: (child: Child) => string;
  /** What is kept of how a child ended. */
  keep: (child: Child, end: ChildEnd) => KeptEnd;
  /** How the parent ends, now that nothing is left to do. */
  outcome: () => FamilyEnd;
}

/** What a family asks of the execution that is its parent. */
export interface Parent {
  env: Env;
  ctx: DurableObjectState;
  vault: Vault;
  record: ExecutionRecord;
  intake: Intake;
  policy: (state: ExecutionState, children: Children) => Policy;
  /** The parent takes a status on its way, and everybody learns of it. */
  change: (state: ExecutionState, status: Status) => void;
  /** Ends the parent, once the last child has ended. */
  complete: (state: ExecutionState, end: FamilyEnd) => void;
}

/**
 * The children of an execution: makes them as its policy decides, pauses, resumes and cancels them once that is asked for,
 * and ends the parent with the last of them. Everything is stored before it is done, and safe to repeat.
 */
export class Family {
  readonly #parent: Parent;
  readonly #rounds = new Rounds(() => this.#tend());
  readonly children: Children;

  constructor(parent: Parent) {
    this.#parent = parent;
    this.children = new Children(parent.ctx.storage.sql, parent.vault);
  }

  /** The children that there are, or will be. */
  get ids(): string[] {
    return this.children.all().flatMap(({ id, state }) => (state === "dropped" ? [] : [id]));
  }

  /** There are children from here on: the next save of the state stores that, and the alarm looks after them. */
  begin(state: ExecutionState, plan: FamilyPlan): void {
    state.family = plan;
    state.timers.family = Date.now() + FAMILY_RETRY_MS;
  }

  /** Takes a child's batch into the parent's log by the append rule; says what is wanted from the child next. */
  take(id: string, head: BatchHead, body: string): number {
    const { record, intake, policy } = this.#parent;
    const { state } = record;
    const child = state && this.children.get(id);
    // Nobody waits any more for what a child of an execution that is gone has to say.
    if (!child || isCompleted(state.status)) return head.last_seq + 1;
    if (placeBatch(child.next, head.first_seq, head.last_seq) !== "append") return child.next;
    intake.adopt({ id, name: policy(state, this.children).labelOf(child) }, head, body);
    this.children.advance(id, head.last_seq + 1);
    return head.last_seq + 1;
  }

  /** A child has ended, and all its output is here. */
  ended(id: string, end: ChildEnd): void {
    const { state } = this.#parent.record;
    const child = state && this.children.get(id);
    if (!child || isCompleted(state.status)) return;
    const kept = this.#parent.policy(state, this.children).keep(child, end);
    this.children.end(id, "done", kept, timestamp(Date.now()));
  }

  /** A child says that it pauses. What it says may be old, so it is asked. The parent cannot go on without it. */
  async paused(id: string): Promise<void> {
    const { state } = this.#parent.record;
    if (!state?.family || isCompleted(state.status) || this.children.get(id)?.state !== "running") return;
    const summary = await executionStub(this.#parent.env, id).summary();
    if (summary?.status !== "paused") return;
    this.children.mark(id, "paused");
    if (state.status === "running") this.#parent.change(state, "pausing");
  }

  /** Brings the family on once this event is done. */
  wake(): void {
    this.#parent.ctx.waitUntil(this.tend());
  }

  /** Brings the family on. What fails is tried again by the parent's alarm. */
  tend(): Promise<void> {
    return this.#rounds.run();
  }

  async #tend(): Promise<void> {
    const { record } = this.#parent;
    const { state } = record;
    if (!state?.family || isCompleted(state.status)) return;
    state.timers.family = Date.now() + FAMILY_RETRY_MS;
    record.save(state);
    const policy = this.#parent.policy(state, this.children);
    try {
      await this.#bringOn(state, policy);
      state.timers.family = null;
      this.#endWithLast(state, policy);
    } catch (error) {
      console.error(`execution ${state.spec.id}: its children cannot be reached now: ${error}`);
    }
    record.save(state);
  }

  async #bringOn(state: ExecutionState, policy: Policy): Promise<void> {
    if (state.status === "canceling") await this.#cancel(state);
    else if (state.status === "pausing") await this.#pause(state);
    else if (state.status === "resuming") await this.#resume(state);
    if (state.status === "running") await this.#advance(state, policy);
  }

  /** Makes what is planned, as many as may be on their way, and has the next decided while there is room. */
  async #advance(state: ExecutionState, policy: Policy): Promise<void> {
    while (state.status === "running") {
      const room = policy.width - this.children.made().length;
      const planned = this.children.planned(Math.min(Math.max(0, room), CHILDREN_AT_ONCE));
      if (planned.length > 0) {
        await Promise.all(planned.map((child) => this.#make(policy, child)));
        await breathe();
      } else if (room <= 0 || !(await policy.decide())) return;
    }
  }

  /** The child has its id already, so that a second try makes no second child. */
  async #make(policy: Policy, child: Child): Promise<void> {
    const { kind } = await executionStub(this.#parent.env, child.id).create(policy.specOf(child));
    if (kind === "refused") throw new Error(`child ${child.id} was not made`);
    this.children.mark(child.id, "running");
  }

  /** Of a child that is planned, whether it was made all the same, and only the answer was lost. */
  async #wasMade({ id }: Child): Promise<boolean> {
    if (!(await executionStub(this.#parent.env, id).summary())) return false;
    this.children.mark(id, "running");
    return true;
  }

  async #cancel(state: ExecutionState): Promise<void> {
    const user = state.canceled_by ?? state.spec.context.user;
    await inPortions(this.children.planned(PLANNED_READ_MAX), CHILDREN_AT_ONCE, async (child) => {
      if (await this.#wasMade(child)) return;
      const end: KeptEnd = { status: "canceled", result: null, secrets: [] };
      this.children.end(child.id, "dropped", end, timestamp(Date.now()));
    });
    await inPortions(this.children.made(), CHILDREN_AT_ONCE, ({ id }) =>
      executionStub(this.#parent.env, id).cancel(user),
    );
  }

  /** Children that can pause do; the others refuse, and are waited for. What is planned stays so. */
  async #pause(state: ExecutionState): Promise<void> {
    await inPortions(this.children.planned(PLANNED_READ_MAX), CHILDREN_AT_ONCE, (child) =>
      this.#wasMade(child),
    );
    const running = this.children.made().filter((child) => child.state === "running");
    await inPortions(running, CHILDREN_AT_ONCE, ({ id }) =>
      executionStub(this.#parent.env, id).pause(whoever(state, "paused_by")),
    );
    if (state.status === "pausing" && this.children.made().every((child) => child.state === "paused")) {
      this.#parent.change(state, "paused");
    }
  }

  async #resume(state: ExecutionState): Promise<void> {
    await inPortions(this.children.made(), CHILDREN_AT_ONCE, async ({ id }) => {
      await executionStub(this.#parent.env, id).resume(whoever(state, "resumed_by"));
      this.children.mark(id, "running");
    });
    if (state.status === "resuming") this.#parent.change(state, "running");
  }

  #endWithLast(state: ExecutionState, policy: Policy): void {
    if (state.status !== "running" && state.status !== "canceling") return;
    if (this.children.all().every(isOver)) this.#parent.complete(state, policy.outcome());
  }
}

/** Who wanted it, by the parent's context. */
function whoever({ spec: { context } }: ExecutionState, key: "paused_by" | "resumed_by"): string {
  return String(context[key] ?? context.user);
}

/** Children that are being made, or told something, at the same time. */
const CHILDREN_AT_ONCE = 8;

/** Planned children looked at in one go: as many as there can be. */
const PLANNED_READ_MAX = 1_000;

/** How long the alarm waits before it looks after the children again that could not be reached. */
const FAMILY_RETRY_MS = 5_000;
