import type { Execution } from "../../protocol/execution.ts";
import { STREAM_FOLLOWED_MAX } from "../../protocol/limits.ts";
import { OUTPUT_EVENT } from "../../protocol/sse.ts";
import { isCompleted } from "../../protocol/status.ts";
import type { LifecycleEvent } from "../hub/event.ts";
import { Followed } from "./followed.ts";
import { frameOf, namedEvents, outputFrames } from "./frames.ts";
import { concerns, type StreamWish } from "./wish.ts";

/** Where a subscription writes to. */
export interface StreamSink {
  write: (frames: string) => void;
  /** The event that the client named has been written: there is no more. */
  end: () => void;
  fail: (error: unknown) => void;
}

/** Executions of which a repetition of an event is told from a new one. */
const KNOWN_MAX = 10_000;

/**
 * One client's view of the event stream: it hears of every change that the hub tells, and follows the log of each execution
 * whose output is wanted. The event that completes an execution waits until all of its output has been written.
 */
export class Subscription {
  readonly #env: Env;
  readonly #wish: StreamWish;
  readonly #may_view: (execution: Execution) => boolean;
  readonly #sink: StreamSink;
  readonly #wants_output: boolean;
  readonly #followed = new Map<string, Followed>();
  /** Completing events that wait for their output, by execution. */
  readonly #held = new Map<string, LifecycleEvent>();
  /** The next change of each execution that has not been heard of yet. */
  readonly #known = new Map<string, number>();
  readonly #family: Set<string>;
  #open = true;

  /** `family`: the executions below the wished parent that there are already. */
  constructor(
    env: Env,
    wish: StreamWish,
    { may_view, family }: { may_view: (execution: Execution) => boolean; family: Set<string> },
    sink: StreamSink,
  ) {
    this.#env = env;
    this.#wish = wish;
    this.#may_view = may_view;
    this.#sink = sink;
    this.#wants_output = wish.wants(OUTPUT_EVENT);
    this.#family = family;
  }

  /** Follows an execution that there is already, from a sequence number on, where its output is wanted. */
  async join(execution: Execution, after: number): Promise<void> {
    if (this.#wants_output && this.#concerns(execution)) await this.#follow(execution, after);
  }

  /** The execution that is to end the stream has completed already: its last event is all that will come of it. */
  finish(execution: Execution): void {
    this.#hear({ change: execution.log.length - 1, execution });
  }

  /** Takes what a hub has sent. */
  receive(message: string): void {
    const events: LifecycleEvent[] = JSON.parse(message);
    for (const event of events) if (this.#open) this.#hear(event);
  }

  /** The client has taken what it was given. */
  drained(): void {
    for (const followed of this.#followed.values()) followed.grant();
  }

  close(): void {
    this.#open = false;
    for (const followed of this.#followed.values()) followed.close();
    this.#followed.clear();
  }

  #hear(event: LifecycleEvent): void {
    const { execution, change } = event;
    if (!this.#isNew(execution.id, change) || !this.#may_view(execution)) return;
    if (execution.parent !== undefined && this.#family.has(execution.parent)) this.#family.add(execution.id);
    const followed = this.#followed.get(execution.id);
    if (isCompleted(execution.status) && followed && !followed.ended) {
      this.#held.set(execution.id, event);
      return;
    }
    this.#tell(event);
    // The client hears of an execution before it gets any of its output; there is none before it is running.
    if (followed || !this.#wants_output || change === 0 || isCompleted(execution.status)) return;
    if (this.#concerns(execution)) void this.#follow(execution, 0).catch((error) => this.#fail(error));
  }

  #tell(event: LifecycleEvent): void {
    const { execution } = event;
    const { end } = this.#wish;
    for (const named of namedEvents(event)) {
      const ends =
        end?.execution_id === execution.id && end.event === named.name && isCompleted(execution.status);
      const wanted = this.#wish.wants(named.name) && this.#concerns(execution);
      // StackStorm's liveactions have no execution that a list of ids could name.
      const is_nameless = named.name.startsWith("st2.liveaction__") && this.#wish.execution_ids !== undefined;
      if (ends || (wanted && !is_nameless)) this.#sink.write(frameOf(named));
      if (ends) {
        this.close();
        this.#sink.end();
        return;
      }
    }
  }

  async #follow(execution: Execution, after: number): Promise<void> {
    if (this.#followed.size >= STREAM_FOLLOWED_MAX) {
      throw new Error(`more than ${STREAM_FOLLOWED_MAX} executions run at the same time`);
    }
    const followed = new Followed(this.#env, execution, after, {
      lines: (lines) => this.#open && this.#sink.write(outputFrames(execution, lines)),
      ended: () => this.#drop(execution.id),
      failed: (error) => this.#fail(error),
    });
    this.#followed.set(execution.id, followed);
    await followed.open();
  }

  /** All output of an execution has been written: the event that completes it may be. */
  #drop(id: string): void {
    this.#followed.delete(id);
    const held = this.#held.get(id);
    this.#held.delete(id);
    if (held && this.#open) this.#tell(held);
  }

  #fail(error: unknown): void {
    if (!this.#open) return;
    this.close();
    this.#sink.fail(error);
  }

  #concerns(execution: Execution): boolean {
    return concerns(this.#wish, this.#family, execution);
  }

  /** Each change is told once, whatever the hub repeats. */
  #isNew(id: string, change: number): boolean {
    if (change < (this.#known.get(id) ?? 0)) return false;
    if (this.#known.size >= KNOWN_MAX) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.delete(id);
    this.#known.set(id, change + 1);
    return true;
  }
}
