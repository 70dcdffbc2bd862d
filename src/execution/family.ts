import type { ExpandExecution } from "../../protocol/agent.ts";
import { placeBatch } from "../../protocol/append.ts";
import { newId } from "../../protocol/id.ts";
import { isCompleted, type Status } from "../../protocol/status.ts";
import { type Child, Children } from "./children.ts";
import { childSpec, familyStatus, shareOf } from "./hosts.ts";
import type { BatchHead } from "./log.ts";
import type { ExecutionState, FamilyPlan } from "./state.ts";
import { executionStub } from "./stub.ts";

/** What a family asks of the execution that is its parent. */
export interface Parent {
  env: Env;
  state: () => ExecutionState | undefined;
  /** Stores the state, and sets the alarm for its timers. */
  save: (state: ExecutionState) => void;
  /** Ends the parent, once the last child has ended. */
  complete: (state: ExecutionState, status: Status, results: Record<string, unknown>) => void;
}

/**
 * The children of an execution: makes them while fewer than may are running, cancels them once that is asked for, and ends
 * the parent with the last of them. Everything is stored before it is done, and safe to repeat.
 */
export class Family {
  readonly #sql: SqlStorage;
  readonly #parent: Parent;
  #table: Children | undefined;
  #tending: Promise<void> | undefined;
  #untended = false;

  constructor(sql: SqlStorage, parent: Parent) {
    this.#sql = sql;
    this.#parent = parent;
  }

  /** Made when it is first needed: an execution without children has no table of them, nor has one that is gone. */
  get #children(): Children {
    this.#table ??= new Children(this.#sql);
    return this.#table;
  }

  get ids(): string[] {
    return this.#children.all().map(({ id }) => id);
  }

  /** One child for each host. */
  plan(hosts: ExpandExecution["hosts"]): void {
    this.#children.plan(hosts);
  }

  /** Takes a child's batch into the parent's log by the append rule; says what is wanted from the child next. */
  take(id: string, head: BatchHead, store: () => void): number {
    const state = this.#parent.state();
    const child = state && this.#children.get(id);
    // Nobody waits any more for what a child of an execution that is gone has to say.
    if (!child || isCompleted(state.status)) return head.last_seq + 1;
    if (placeBatch(child.next, head.first_seq, head.last_seq) !== "append") return child.next;
    store();
    this.#children.advance(id, head.last_seq + 1);
    return head.last_seq + 1;
  }

  /** A child has ended, and all its output is here. */
  ended(id: string, status: Status, result: Record<string, unknown>): void {
    const child = this.#parent.state() && this.#children.get(id);
    if (child) this.#children.done(id, status, shareOf(result, child.host, this.#children.all().length));
  }

  /** Brings the family on. What fails is tried again by the parent's alarm. Calls that come meanwhile are one. */
  async tend(): Promise<void> {
    this.#untended = true;
    this.#tending ??= this.#tendAll().finally(() => {
      this.#tending = undefined;
    });
    await this.#tending;
  }

  async #tendAll(): Promise<void> {
    const state = this.#parent.state();
    while (this.#untended && state?.family && !isCompleted(state.status)) {
      this.#untended = false;
      state.timers.family = Date.now() + FAMILY_RETRY_MS;
      this.#parent.save(state);
      try {
        if (state.status === "canceling") await this.#cancel(state);
        else await this.#make(state, state.family);
        state.timers.family = null;
      } catch (error) {
        console.error(`execution ${state.spec.id}: its children cannot be reached now: ${error}`);
      }
      this.#endWithLast(state, state.family);
    }
  }

  async #make(state: ExecutionState, { concurrency }: FamilyPlan): Promise<void> {
    const free = concurrency - this.#children.running().length;
    const planned = this.#children.planned(Math.max(0, free));
    while (planned.length > 0 && state.status !== "canceling") {
      await Promise.all(planned.splice(0, CHILDREN_AT_ONCE).map((child) => this.#makeOne(state, child)));
    }
  }

  /** The child has its id already, so that a second try makes no second child. */
  async #makeOne({ spec }: ExecutionState, child: Child): Promise<void> {
    const made = await executionStub(this.#parent.env, child.id).create(childSpec(spec, child, newId()));
    if (!made) throw new Error(`child ${child.id} was not made`);
    this.#children.made(child.id);
  }

  async #cancel(state: ExecutionState): Promise<void> {
    this.#children.drop();
    const user = state.canceled_by ?? state.spec.context.user;
    for (const { id } of this.#children.running()) await executionStub(this.#parent.env, id).cancel(user);
  }

  #endWithLast(state: ExecutionState, plan: FamilyPlan): void {
    const children = this.#children.all();
    if (children.some(({ state }) => state !== "done")) {
      this.#parent.save(state);
      return;
    }
    const results = this.#children.results().filter(([, result]) => result !== null);
    this.#parent.complete(
      state,
      familyStatus(children, plan, state.status === "canceling"),
      Object.fromEntries(results),
    );
  }
}

/** Children that are being made at the same time. */
const CHILDREN_AT_ONCE = 10;

/** How long the alarm waits before it looks after the children again that could not be reached. */
export const FAMILY_RETRY_MS = 5_000;
