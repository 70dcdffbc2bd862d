import { readExact } from "../../../protocol/base/numbers.ts";
import { EVENT_BACKLOG_CHARS_MAX } from "../../../protocol/base/reader-limits.ts";
import { isCompleted } from "../../../protocol/base/status.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { mayView, type Rights } from "../../../protocol/model/permissions.ts";
import { documentAt } from "../../execution/state/document.ts";
import type { Changes, LifecycleEvent } from "../../objects/hub.ts";
import type { Place } from "./followed.ts";
import { frameOf, namedEvents, outputFrames } from "./frames.ts";
import { concerns, concernsOutput, type StreamQuery } from "./query.ts";
import { Replay } from "./replay.ts";
import { TURN_BOUNDS, type TurnBounds, Turns } from "./turns.ts";
import { Written } from "./written.ts";

/** The receiver of a subscription's output. */
export interface StreamSink {
  write: (frames: string) => void;
  /** The event that the client named has been written: nothing follows. */
  end: () => void;
  fail: (error: unknown) => void;
}

/** The scope of a subscription. */
export interface SubscriptionScope {
  /** The rights of its client. */
  rights: Rights;
  /** The named parent, and the executions below it that exist already. */
  family: Set<string>;
  /** Whether the execution that ends the stream is a child itself. */
  ends_with_child: boolean;
  bounds?: TurnBounds | undefined;
}

/**
 * One client's view of the event stream. It gets every change from the hubs, and follows the log of each execution whose
 * output is requested. The event that completes an execution waits until all its output has been written.
 */
export class Subscription {
  readonly #env: Env;
  readonly #query: StreamQuery;
  readonly #scope: SubscriptionScope;
  readonly #sink: StreamSink;
  readonly #turns: Turns;
  /** Completing events that wait for output, by execution, and their approximate length together. */
  readonly #held = new Map<string, LifecycleEvent>();
  #held_chars = 0;
  #replay: Replay | undefined;
  /** The completed execution that the replay is at, and what to do once its output is written. */
  #retold: { id: string; done: () => void } | undefined;
  readonly #written = new Written();
  #open = true;

  constructor(env: Env, query: StreamQuery, scope: SubscriptionScope, sink: StreamSink) {
    this.#env = env;
    this.#query = query;
    this.#scope = scope;
    this.#sink = sink;
    this.#turns = new Turns(env, scope.bounds ?? TURN_BOUNDS, {
      lines: (origin, lines) => {
        const frames = this.#open ? outputFrames(origin, lines) : "";
        sink.write(frames);
        return frames !== "";
      },
      ended: (id) => {
        this.#written.finish(id);
        this.#drained(id);
      },
      failed: (error) => this.#fail(error),
    });
  }

  /** Follows an execution that exists already, from a place and a change of its status on. */
  join(place: Place, has_begun: boolean, change: number): void {
    this.#written.isNew(place.origin.id, change);
    this.#turns.add(place, has_begun);
  }

  /** Begins with these executions, which are below the one that ends the stream. */
  async replay(ids: readonly string[]): Promise<void> {
    const replay = new Replay(ids);
    this.#replay = replay;
    try {
      await replay.run(this.#env, {
        begin: (execution) => this.#begin(execution),
        end: (execution) => this.#end(execution),
      });
    } catch (error) {
      return this.#fail(error);
    }
    this.#replay = undefined;
    for (const { event, chars } of replay.later) if (this.#open) this.#hear(event, chars);
  }

  /** The execution that ends the stream has completed already: only its last event follows. */
  finish(execution: Execution): void {
    this.#take({ change: execution.log.length - 1, execution }, 0);
  }

  /** Takes a message of a hub. */
  receive(message: string): void {
    const { first, execution } = readExact(message) as Changes;
    const chars = message.length / (execution.log.length - first);
    for (let change = first; change < execution.log.length && this.#open; change++)
      this.#take({ change, execution: documentAt(execution, change) }, chars);
  }

  /** The client has read everything that was written. */
  drained(): void {
    this.#turns.drained();
  }

  /** Pings each followed log. */
  beat(): void {
    this.#turns.beat();
  }

  close(): void {
    this.#open = false;
    this.#turns.close();
  }

  #take(event: LifecycleEvent, chars: number): void {
    const { id, parent } = event.execution;
    const { rights, family } = this.#scope;
    if (!mayView(rights, event.execution)) return;
    if (parent !== undefined && family.has(parent)) family.add(id);
    if (!this.#replay || !family.has(id)) this.#hear(event, chars);
    else if (!this.#replay.defer(event, chars)) this.#fail(new Error("too slow"));
  }

  #begin(execution: Execution): boolean {
    const { log, status } = execution;
    if (!mayView(this.#scope.rights, execution)) return this.#open;
    const changes = [log.findIndex((at) => at.status === "running")];
    if (!isCompleted(status)) changes.push(log.length - 1);
    for (const change of new Set(changes)) {
      if (change >= 0 && this.#open) this.#hear({ change, execution: documentAt(execution, change) }, 0);
    }
    return this.#open;
  }

  async #end(execution: Execution): Promise<boolean> {
    const { id, log } = execution;
    if (!this.#open || !mayView(this.#scope.rights, execution)) return this.#open;
    const change = log.length - 1;
    // StackStorm's client tails a child only until it gets the last update of one below it: an old one would end it too early.
    if (this.#scope.ends_with_child) this.#written.isNew(id, change);
    else this.#hear({ change, execution }, 0);
    if (!this.#turns.has(id)) return this.#open;
    await new Promise<void>((done) => {
      this.#retold = { id, done };
    });
    return this.#open;
  }

  #hear(event: LifecycleEvent, chars: number): void {
    const { execution, change } = event;
    const { id, status } = execution;
    const { family } = this.#scope;
    if (!this.#written.isNew(id, change)) return;
    if (isCompleted(status) && this.#awaitsOutput(id)) {
      this.#held.set(id, event);
      this.#held_chars += chars;
      if (this.#held_chars > EVENT_BACKLOG_CHARS_MAX) this.#fail(new Error("too slow"));
      this.#turns.wake(id);
      // Executions below it that never began have ended before it.
      if (this.#endsWith(id)) this.#turns.wakeAll();
      return;
    }
    this.#write(event);
    // The client gets an execution's event before its output. There is no output before it runs.
    if (!this.#open || change === 0 || isCompleted(status)) return;
    if (this.#turns.has(id)) this.#turns.wake(id);
    else if (!this.#written.isFinished(id) && concernsOutput(this.#query, family, execution)) {
      const { action, runner } = execution;
      const origin = { id, action: { ref: action.ref }, runner: { name: runner.name } };
      this.#turns.add({ origin, after: 0 }, true);
    }
  }

  /** Whether output must be written before the event that completes an execution. */
  #awaitsOutput(id: string): boolean {
    return this.#turns.has(id) || (this.#endsWith(id) && this.#turns.size > 0);
  }

  /** Whether the stream ends with an execution, and has only the output of that execution and of those below it. */
  #endsWith(id: string): boolean {
    return this.#query.end?.execution_id === id && this.#query.output_below === id;
  }

  #write(event: LifecycleEvent): void {
    const { execution } = event;
    const { end } = this.#query;
    for (const named of namedEvents(event)) {
      const ends =
        end?.execution_id === execution.id && end.event === named.name && isCompleted(execution.status);
      const wanted = this.#query.wants(named.name) && this.#selects(execution);
      // StackStorm's liveaction events have no execution's id that a list could name.
      const is_nameless =
        named.name.startsWith("st2.liveaction__") && this.#query.execution_ids !== undefined;
      if (ends || (wanted && !is_nameless)) this.#sink.write(frameOf(named));
      if (ends) {
        this.close();
        this.#sink.end();
        return;
      }
    }
  }

  /** All output of an execution has been written: the events that waited for it are written. */
  #drained(id: string): void {
    const ending = this.#query.end?.execution_id;
    for (const completed of new Set([id, ending])) {
      const held = completed === undefined ? undefined : this.#held.get(completed);
      if (!held || completed === undefined || this.#awaitsOutput(completed) || !this.#open) continue;
      this.#held.delete(completed);
      if (this.#held.size === 0) this.#held_chars = 0;
      this.#write(held);
    }
    if (this.#retold?.id === id) this.#retold.done();
  }

  #fail(error: unknown): void {
    if (!this.#open) return;
    this.close();
    this.#sink.fail(error);
  }

  #selects(execution: Execution): boolean {
    return concerns(this.#query, this.#scope.family, execution);
  }
}
