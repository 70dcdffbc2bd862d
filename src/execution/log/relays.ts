import type { TailraceError } from "../../../protocol/base/errors.ts";
import { failureText } from "../../../protocol/base/failure-text.ts";
import { encodeEvent } from "../../../protocol/wire/line.ts";
import type { ControlEvent, EndEvent } from "../../../protocol/wire/record.ts";
import { type Place, readRelayName, relayStub } from "../../objects/relay.ts";
import type { FollowedLog } from "./followed-log.ts";
import { type Origin, type Placed, placeFollower, type Readers, type Spread } from "./place.ts";
import { RelayFeed } from "./relay-feed.ts";
import { SharedPage } from "./shared-page.ts";

/** The key of the names of an object's relays. */
const RELAYS = "relays";

/**
 * The relays of one object: objects with followers of their own, which get each new line once. Their names are stored, because an
 * object that hibernates forgets them. A relay that has no followers left is forgotten.
 */
export class Relays {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  /** All relays are fed from the same page: one copy for each would fill the object's memory. */
  readonly #log: SharedPage;
  readonly #feeds = new Map<string, RelayFeed>();
  /** Relays that followers were sent to and that have not asked to be fed yet, with the number of these followers. */
  readonly #offered = new Map<string, number>();

  constructor(ctx: DurableObjectState, env: Env, log: FollowedLog) {
    this.#ctx = ctx;
    this.#env = env;
    this.#log = new SharedPage(log);
    const names = ctx.storage.kv.get<string[]>(RELAYS) ?? [];
    // The relays of a region fill up in order, and the next answer of each has its number. All had the whole log before this object
    // hibernated.
    const newest = new Map(names.map((name) => [readRelayName(name).region, name]));
    for (const name of names) {
      const is_newest = newest.get(readRelayName(name).region) === name;
      this.#add(name, is_newest ? 0 : this.#spread.followers_per_object);
    }
  }

  get count(): number {
    return this.#feeds.size;
  }

  /** Where a new follower goes: to this object, which has so many, or to one of its relays. */
  place(followers: number, origin: Origin): Placed {
    const placed = placeFollower(this.#readers(followers), origin, this.#spread);
    if (placed.kind !== "relay") return placed;
    // It is counted before it is there: others come in the same moment.
    const feed = this.#feeds.get(placed.name);
    if (feed) feed.followers++;
    else this.#offered.set(placed.name, 1 + (this.#offered.get(placed.name) ?? 0));
    return placed;
  }

  #readers(followers: number): Readers {
    const fed = [...this.#feeds].map(([name, feed]) => ({ name, followers: feed.followers }));
    const offered = [...this.#offered].map(([name, count]) => ({ name, followers: count }));
    return { name: this.#name, followers, relays: [...fed, ...offered] };
  }

  /**
   * A relay has told what it has, and gets all that comes after. A record that was announced before a crash may not have reached it:
   * the present status, or `end`, which ends all followers.
   */
  attach(
    name: string,
    place: Place,
    { status, end }: { status: ControlEvent | undefined; end: EndEvent | undefined },
  ): void {
    const known = this.#feeds.get(name);
    const feed = known ?? this.#add(name, this.#offered.get(name) ?? 1);
    this.#offered.delete(name);
    feed.attach(place.last_seq);
    if (place.status && status && !isSame(place.status, status)) feed.announce(status);
    if (end) feed.announce(end);
    if (!known) this.#save();
    this.#run(name, feed);
  }

  /** The end of the log is known now: relays of an instance that did not know it go on from here, until they say otherwise. */
  reach(seq: number): void {
    for (const feed of this.#feeds.values()) feed.begin(seq);
  }

  /** A relay has no followers left. */
  detach(name: string): void {
    this.#feeds.get(name)?.stop();
    if (!this.#feeds.delete(name)) return;
    if (this.#feeds.size === 0) this.#log.forget();
    this.#save();
  }

  /** The log has grown. */
  push(): void {
    for (const [name, feed] of this.#feeds) this.#run(name, feed);
  }

  /** Sends a control record to the followers of every relay. */
  announce(event: ControlEvent): void {
    for (const [name, feed] of this.#feeds) {
      feed.announce(event);
      this.#run(name, feed);
    }
  }

  /** The output cannot be read any more. */
  dismiss(error: TailraceError): void {
    for (const [name, feed] of this.#feeds) {
      feed.dismiss(error);
      this.#run(name, feed);
    }
  }

  /** The relays forget the lines that they hold. Resolves once they have; rejects if one cannot be reached. */
  async forget(): Promise<void> {
    const feeds = [...this.#feeds];
    this.#log.forget();
    for (const [, feed] of feeds) feed.forget();
    await Promise.all(feeds.map(([name, feed]) => this.#runOne(name, feed)));
  }

  #run(name: string, feed: RelayFeed): void {
    const running = this.#runOne(name, feed).catch((error: unknown) => {
      console.error(`${this.#name}: relay ${name} does not answer: ${failureText(error)}`);
    });
    this.#ctx.waitUntil(running);
  }

  async #runOne(name: string, feed: RelayFeed): Promise<void> {
    const is_there = await feed.run();
    if (!is_there && this.#feeds.get(name) === feed) this.detach(name);
  }

  #add(name: string, followers: number): RelayFeed {
    const at = { cursor: this.#log.last_seq, followers };
    const feed = new RelayFeed(this.#log, () => relayStub(this.#env, name), at);
    this.#feeds.set(name, feed);
    return feed;
  }

  #save(): void {
    const { kv } = this.#ctx.storage;
    if (this.#feeds.size === 0) kv.delete(RELAYS);
    else kv.put(RELAYS, [...this.#feeds.keys()]);
  }

  get #spread(): Spread {
    const { FOLLOWERS_PER_OBJECT, RELAY_LEVELS } = this.#env;
    return { followers_per_object: Number(FOLLOWERS_PER_OBJECT), levels: Number(RELAY_LEVELS) };
  }

  get #name(): string {
    const { name } = this.#ctx.id;
    if (name === undefined) throw new Error("an object with relays has its name");
    return name;
  }
}

function isSame(one: ControlEvent, other: ControlEvent): boolean {
  return encodeEvent(one) === encodeEvent(other);
}
