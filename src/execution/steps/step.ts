import { TailraceError } from "../../../protocol/base/errors.ts";
import { failureText } from "../../../protocol/base/failure-text.ts";
import type { EndEvent } from "../../../protocol/wire/record.ts";
import { breathe } from "../../base/portions.ts";
import { Rounds } from "../../base/rounds.ts";
import { nameInLog } from "../../objects/spec.ts";
import { shrinkStorage } from "../../storage/disk.ts";
import { type Answers, decide, type Event } from "../decide/decide.ts";
import type { Effect } from "../decide/decision.ts";
import { Alarm } from "../deliver/alarm.ts";
import { commit } from "../deliver/commit.ts";
import { deliver } from "../deliver/deliver.ts";
import { redactAll } from "../deliver/redact.ts";
import { beginsChain, tellIndex, tellOthers } from "../deliver/tell.ts";
import { Upstream } from "../deliver/upstream.ts";
import { contextOf } from "../family/context.ts";
import { Stored } from "../family/stored.ts";
import { endEvent, statusEvent } from "../log/events.ts";
import { Readers } from "../log/readers.ts";
import type { Given } from "../state/given.ts";
import type { ExecutionState } from "../state/state.ts";
import { expiredError, tombstoneOf } from "../state/tombstone.ts";
import type { Vault } from "../state/vault.ts";
import { DUE_EVENTS, forAMoment, isOutboxDue, isTimerDue } from "./due.ts";

/** The answer to an event, and the promise that resolves once its effects are carried out. */
export interface Taken<Answer> {
  answer: Answer;
  delivered: Promise<void>;
}

/**
 * The steps of an execution. Each event is decided by a pure function, committed, and then delivered. Effects on other objects
 * come back as events. Nothing else writes the state.
 */
export class Steps {
  readonly stored: Stored;
  readonly readers: Readers;
  readonly alarm: Alarm;
  readonly #ctx: DurableObjectState;
  readonly #index = new Rounds(() => this.#takeAll(tellIndex(this.stored)));
  /** Begins after the present call, so that changes which one call brings are told together. */
  readonly #others = new Rounds(() => DELIVERED.then(() => this.#tellOthers()));
  readonly #family = new Rounds(() => this.#tend());
  readonly #redactions = new Rounds(() => this.#takeAll(redactAll(this.stored, this.readers.relays)));
  #upstream: Upstream | undefined;
  #heard_ms = 0;

  constructor(ctx: DurableObjectState, env: Env, vault: Vault) {
    this.#ctx = ctx;
    const stored = new Stored(env, ctx.storage, vault);
    this.stored = stored;
    this.readers = new Readers(ctx, env, stored.log, this.endEvent);
    this.alarm = new Alarm(ctx.storage, this.readers.followers);
  }

  get state(): ExecutionState | undefined {
    return this.stored.record.state;
  }

  /** Takes an event: decide, commit, deliver. */
  take<E extends Event>(event: E): Taken<Answers[E["kind"]]> {
    const { stored } = this;
    const now_ms = Date.now();
    // A time in the future was noted before the clock was set back: it counts as now.
    this.#heard_ms = Math.min(this.#heard_ms, now_ms);
    const context = contextOf(stored, event, { now_ms, heard_ms: this.#heard_ms });
    const decision = decide(stored.record.existing, event, context);
    const { state, effects, answer } = decision;
    const is_changed = state !== this.state;
    const bodies = commit(stored, decision, now_ms);
    if (is_changed && !decision.may_wait) this.alarm.keep(state.timers);
    if (bodies.length > 0) this.#push(bodies.join(""));
    return { answer, delivered: this.#deliver(effects) };
  }

  /** The alarm has rung: takes the events of the timers that are due, then sets the next alarm. */
  async takeDue(now_ms: number): Promise<void> {
    this.alarm.rang();
    this.readers.followers.tend(now_ms);
    // Each event may change the timers, or delete the execution.
    for (const { timer, event } of DUE_EVENTS)
      if (isTimerDue(this.state, timer, now_ms)) await this.take(event).delivered;
    if (isTimerDue(this.state, "family", now_ms)) await this.tend();
    if (isTimerDue(this.state, "redaction", now_ms)) await this.redact();
    if (isTimerDue(this.state, "removal", now_ms)) await this.take({ kind: "removal_due" }).delivered;
    // The platform repeats an alarm whose handler did not finish, so nothing is stored before the outbox is delivered.
    if (isOutboxDue(this.state, now_ms)) await forAMoment(this.tell());
    this.stored.record.catchUp();
    if (this.state) this.alarm.keep(this.state.timers);
  }

  /** The index has a row of this new execution: stores it. */
  begin(state: ExecutionState, given: Given, failure: string | undefined): void {
    this.stored.record.begin(state, given);
    this.take({ kind: "made", failure });
  }

  /** Delivers the outbox. Resolves once each receiver has been told or has failed. */
  async tell(): Promise<void> {
    await Promise.all([this.#others.run(), this.#index.run()]);
  }

  /** Tends the children. The alarm repeats it after a failure. */
  tend(): Promise<void> {
    return this.#family.run();
  }

  /** Removes the texts of the redaction. The alarm repeats it after a failure. */
  async redact(): Promise<void> {
    try {
      await this.#redactions.run();
    } catch (error) {
      // The execution may have been deleted since.
      if (!this.state) return;
      console.error(`${nameInLog(this.state.spec)}: not redacted yet: ${failureText(error)}`);
      this.take({ kind: "redaction_failed" });
    }
  }

  /** Whether the execution, or its parent, has followers. */
  get watched(): boolean {
    return this.readers.count > 0 || this.#parent?.watched === true;
  }

  /** The log has new lines: sends them to the followers and to the parent. */
  #push(body: string): void {
    this.readers.push(body);
    // After a failure, the parent gets the lines with the next ones, or with the end, which the alarm repeats.
    const parent = this.#parent;
    if (parent) this.#ctx.waitUntil(parent.forward().catch(() => undefined));
  }

  #deliver(effects: readonly Effect[]): Promise<void> {
    const works: Promise<void>[] = [];
    for (const effect of effects) {
      const work = this.#carryOut(effect);
      if (work) works.push(work);
    }
    return works.length === 0 ? DELIVERED : Promise.all(works).then(() => undefined);
  }

  /** Carries out an effect. Returns its promise if the caller may have to wait for it. */
  #carryOut(effect: Effect): Promise<void> | undefined {
    switch (effect.kind) {
      case "heard":
        this.#heard_ms = Date.now();
        return undefined;
      case "announce":
        this.#announce();
        return undefined;
      case "end_followers":
        this.#end();
        return undefined;
      case "dismiss_followers":
        this.#dismiss();
        return undefined;
      case "tell":
      case "tell_others":
        this.#ctx.waitUntil(effect.kind === "tell" ? this.tell() : this.#others.run());
        return undefined;
      case "tend":
        this.#ctx.waitUntil(this.tend());
        return undefined;
      case "ask_for_output":
      case "end_process":
      case "trace":
        this.#ctx.waitUntil(deliver(this.stored, effect));
        return undefined;
      case "redact":
        return this.redact();
      case "shrink":
        return shrinkStorage(this.stored.env, this.#ctx);
      case "delete_all":
        return this.#deleteAll();
      case "remove":
        return this.tell().then(() => this.#takeAll(deliver(this.stored, effect)));
      default:
        return this.#takeAll(deliver(this.stored, effect));
    }
  }

  /** Takes the events that answer an effect, unless the execution has been deleted since. */
  async #takeAll(answers: Promise<Event[]>): Promise<void> {
    for (const event of await answers) if (this.state) await this.take(event).delivered;
  }

  async #tellOthers(): Promise<void> {
    const { record } = this.stored;
    if (beginsChain(record)) this.take({ kind: "begin_chain" });
    await this.#takeAll(tellOthers(this.stored, this.#parent));
  }

  async #tend(): Promise<void> {
    if (!this.state || !this.take({ kind: "tend_begun" }).answer) return;
    const told = new Set<string>();
    try {
      while (this.state) {
        const { answer, delivered } = this.take({ kind: "tend", told });
        if (answer.is_over) break;
        for (const key of answer.told) told.add(key);
        await delivered;
        if (answer.told.length > 0) await breathe();
      }
      if (this.state) this.take({ kind: "tend_over" });
    } catch (error) {
      // The local server itself logs a full disk, once for all executions that wait for room.
      if (error instanceof TailraceError && error.code === "storage_full") return;
      console.error(`execution ${this.state?.spec.id}: its children do not answer: ${failureText(error)}`);
    }
  }

  #announce(): void {
    const event = this.state && statusEvent(this.state);
    if (event) this.readers.announce(event);
  }

  #end(): void {
    const event = this.endEvent;
    if (event) this.readers.end(event);
  }

  /** The record that ends every follower; undefined while the execution has not completed. */
  get endEvent(): EndEvent | undefined {
    return this.state && endEvent(this.state, this.stored.totals);
  }

  #dismiss(): void {
    const { existing } = this.stored.record;
    const tombstone = tombstoneOf(existing);
    if (tombstone) this.readers.dismiss(expiredError(existing.spec.id, tombstone));
  }

  async #deleteAll(): Promise<void> {
    const { storage, record } = this.stored;
    await storage.deleteAll();
    this.alarm.rang();
    record.forget();
  }

  /** The connection to the parent; undefined for an execution without one. */
  get #parent(): Upstream | undefined {
    const { env, log } = this.stored;
    const spec = this.state?.spec;
    if (spec?.parent) this.#upstream ??= new Upstream(env, log, spec.id, spec.parent.id);
    return this.#upstream;
  }
}

const DELIVERED = Promise.resolve();
