import { RELAY_NOTE_MS } from "../../protocol/base/reader-limits.ts";
import { encodeEvent } from "../../protocol/wire/line.ts";
import type { ControlEvent, EndEvent } from "../../protocol/wire/record.ts";
import type { FollowOptions } from "../execution/log/follow-options.ts";
import { type FollowerState, notedSeq } from "../execution/log/follower.ts";
import { Readers } from "../execution/log/readers.ts";
import type { Attached, Feed, Place } from "../objects/relay.ts";
import { OlderPages } from "./older-pages.ts";
import { Window } from "./window.ts";

/** The key of the record that ends the followers, kept while some of them are still behind. */
const END = "end";

/** The key of the status that the readers have: by it the feeder finds what they lack. */
const STATUS = "status";

/** What a relay has of its execution: the last lines, the status and the end. It passes them on to its readers. */
export class Relaying {
  readonly readers: Readers;
  readonly #ctx: DurableObjectState;
  readonly #window: Window;
  #status: ControlEvent | undefined;
  #stored_status: ControlEvent | undefined;
  #end: EndEvent | undefined;
  #noted_ms = Number.NEGATIVE_INFINITY;
  #notes_later = false;

  constructor(ctx: DurableObjectState, env: Env, execution_id: string) {
    this.#ctx = ctx;
    this.#end = ctx.storage.kv.get<EndEvent>(END);
    this.#status = ctx.storage.kv.get<ControlEvent>(STATUS);
    this.#stored_status = this.#status;
    const kept = ctx.getWebSockets().map((socket): FollowerState => socket.deserializeAttachment());
    const last_seq = this.#end?.last_seq ?? notedSeq(kept);
    this.#window = new Window(last_seq, new OlderPages(env, execution_id));
    this.readers = new Readers(ctx, env, this.#window, this.#end);
  }

  /** What the relay has. */
  readonly place = (): Place => ({ last_seq: this.#window.known_seq, status: this.#status });

  get is_placed(): boolean {
    return this.#window.known_seq !== undefined;
  }

  get last_seq(): number {
    return this.#window.last_seq;
  }

  /** The feeder has answered: the relay begins at the end of the log, unless it has a place already. */
  begin({ last_seq, status }: Extract<Attached, { kind: "attached" }>): void {
    if (!this.is_placed) this.#reach(last_seq);
    this.#status ??= status;
  }

  add(socket: WebSocket, options: FollowOptions, tags: string[]): void {
    this.readers.followers.add(socket, options, this.#end ? undefined : this.#status, tags);
    this.#keepStatus();
  }

  /** A further relay reads from this one. */
  attach(name: string, place: Place): Attached {
    this.readers.relays.attach(name, place, { status: this.#status, end: this.#end });
    this.#keepStatus();
    return { kind: "attached", last_seq: this.last_seq, status: this.#status };
  }

  /** Takes what is new in a feed. */
  async take(feed: Feed): Promise<void> {
    // The feeder knows that this relay had confirmed more than it remembers since it hibernated.
    if (!this.is_placed) this.#reach(feed.after);
    else if (feed.confirmed > this.last_seq) this.#reach(feed.confirmed);
    if (feed.forget) this.#window.forget();
    for (const { at, event } of feed.events) if (at <= feed.after) this.#announce(event);
    const lines = this.#window.add(feed);
    if (lines !== "") this.readers.push(lines);
    for (const { at, event } of feed.events)
      if (at > feed.after && at <= this.last_seq) this.#announce(event);
    this.#note();
    if (feed.forget) await this.readers.relays.forget();
  }

  clear(): void {
    this.#window.clear();
    this.#status = undefined;
    this.#stored_status = undefined;
    this.#end = undefined;
  }

  #announce(event: ControlEvent): void {
    if (event.event === "end") this.#finish(event);
    else if (!this.#isRepeated(event)) {
      this.#status = event;
      this.readers.announce(event);
      this.#keepStatus();
    }
  }

  #keepStatus(): void {
    if (this.#status === this.#stored_status || this.readers.count === 0) return;
    this.#ctx.storage.kv.put(STATUS, this.#status);
    this.#stored_status = this.#status;
  }

  /** A call whose answer was lost is repeated. */
  #isRepeated(event: ControlEvent): boolean {
    return this.#status !== undefined && encodeEvent(this.#status) === encodeEvent(event);
  }

  #finish(end: EndEvent): void {
    if (this.#end || end.last_seq > this.last_seq) return;
    this.#end = end;
    this.readers.end(end);
    if (this.readers.count > 0) this.#ctx.storage.kv.put(END, end);
  }

  #reach(seq: number): void {
    this.#window.reach(seq);
    this.readers.followers.note(seq);
    this.readers.relays.reach(seq);
  }

  /**
   * Notes in the sockets how far the live followers are. It is done before hibernation may come: a timer that is set keeps the object
   * awake.
   */
  #note(): void {
    if (this.#notes_later) return;
    const now_ms = performance.now();
    if (now_ms - this.#noted_ms >= RELAY_NOTE_MS) {
      this.#noted_ms = now_ms;
      this.readers.followers.note(this.last_seq);
      return;
    }
    this.#notes_later = true;
    const noted = new Promise<void>((resolve) => {
      setTimeout(() => {
        this.#notes_later = false;
        this.#noted_ms = performance.now();
        this.readers.followers.note(this.last_seq);
        resolve();
      }, RELAY_NOTE_MS);
    });
    this.#ctx.waitUntil(noted);
  }
}
