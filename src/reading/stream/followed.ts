import { STREAM_CREDIT_CHARS } from "../../../protocol/base/reader-limits.ts";
import { retry } from "../../../protocol/base/retry.ts";
import { lastSeq } from "../../../protocol/wire/line.ts";
import { followExecution } from "../follow.ts";
import { isolateName } from "../pushes.ts";
import { Tap } from "../tap.ts";
import type { Origin } from "./frames.ts";

/** Attempts to reach a log again before its stream fails. */
const RECONNECTS_MAX = 5;

/** An execution whose output is requested, and the sequence number after which the output begins. */
export interface Place {
  origin: Origin;
  after: number;
}

/** The callbacks of a followed execution. */
export interface FollowedEvents {
  lines: (lines: string) => void;
  /** All output has arrived. */
  ended: () => void;
  failed: (error: unknown) => void;
}

/** The output of one execution in an event stream: a follower of its log that keeps its cursor across lost connections. */
export class Followed {
  readonly #origin: Origin;
  readonly #env: Env;
  readonly #events: FollowedEvents;
  /** The last sequence number that was passed on. */
  #cursor: number;
  #tap: Tap | undefined;
  #ended = false;

  constructor(env: Env, { origin, after }: Place, events: FollowedEvents) {
    this.#env = env;
    this.#origin = origin;
    this.#cursor = after;
    this.#events = events;
  }

  /** The place to continue from. */
  get place(): Place {
    return { origin: this.#origin, after: this.#cursor };
  }

  /** Connects. After it has resolved, all output after the cursor arrives. */
  async open(): Promise<void> {
    if (this.#ended) return;
    const { id } = this.#origin;
    const options = {
      after: this.#cursor,
      follow: true,
      credit_max: STREAM_CREDIT_CHARS,
      isolate: isolateName(),
    };
    const headers = { upgrade: "websocket" };
    const followed = await followExecution(this.#env, id, { ...options, region: "any", headers });
    if (followed.kind === "refused") {
      const { status } = followed;
      // The output has expired, or the execution is deleted: no output follows.
      if (this.#ended || status === 410 || status === 404) return this.#end();
      throw new Error(`execution ${id} cannot be followed: ${status}`);
    }
    const { socket } = followed;
    // It was closed before it was open.
    if (this.#ended) {
      socket.accept();
      socket.close(1000, "done");
      return;
    }
    const tap = new Tap(socket);
    this.#tap = tap;
    tap.accept({
      output: (message) => this.#receive(message, tap),
      control: ({ event }) => {
        if (event === "end") this.#end();
      },
      pong: () => undefined,
      lost: () => this.#lose(tap),
      failed: (error) => {
        this.close();
        this.#events.failed(error);
      },
    });
  }

  /** The reader has consumed its output: the log may send more. */
  grant(): void {
    this.#tap?.grant(1);
  }

  /** Pings the log. */
  beat(): void {
    this.#tap?.beat();
  }

  close(): void {
    this.#ended = true;
    this.#tap?.close();
  }

  #receive(lines: string, tap: Tap): void {
    if (this.#ended) return;
    this.#cursor = lastSeq(lines);
    tap.consume(lines.length);
    this.#events.lines(lines);
  }

  #end(): void {
    this.close();
    this.#events.ended();
  }

  #lose(tap: Tap): void {
    if (this.#tap !== tap) return;
    this.#tap = undefined;
    void this.#reconnect();
  }

  /** An object that moves to another machine drops its followers, and keeps its log. */
  async #reconnect(): Promise<void> {
    try {
      await retry(() => this.open(), { waits_first: true, attempts_max: RECONNECTS_MAX });
    } catch (error) {
      this.#ended = true;
      this.#events.failed(error);
    }
  }
}
