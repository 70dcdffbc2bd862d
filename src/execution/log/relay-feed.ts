import type { TailraceError } from "../../../protocol/base/errors.ts";
import { PAGE_BYTES } from "../../../protocol/base/reader-limits.ts";
import { retry } from "../../../protocol/base/retry.ts";
import type { ControlEvent } from "../../../protocol/wire/record.ts";
import { Rounds } from "../../base/rounds.ts";
import type { Fed, Feed, RelayStub } from "../../objects/relay.ts";
import type { FollowedLog } from "./followed-log.ts";

/** Attempts to reach a relay. After the last one, the relay has to come back by itself: it asks its feeder at intervals. */
const ATTEMPTS_MAX = 5;

/**
 * Sends one relay the log: each call has all that is new, and the next one follows the answer, which names the relay's last sequence
 * number. So each line crosses once, and a call that was lost is repeated.
 */
export class RelayFeed {
  readonly #log: FollowedLog;
  readonly #stub: () => RelayStub;
  /** The last sequence number that the relay has, as far as this instance knows. The answers correct it. */
  #cursor: number;
  #confirmed = 0;
  #events: Feed["events"] = [];
  /** How often the relay was to forget its lines, and how often it has. */
  #forgets = 0;
  #forgotten = 0;
  #dismissal: Feed["dismissal"];
  #is_gone = false;
  /** How often the relay has asked to be fed. */
  #attaches = 0;
  readonly #rounds = new Rounds(() => this.#sendAll());
  /** About the number of the relay's followers. */
  followers: number;

  constructor(
    log: FollowedLog,
    stub: () => RelayStub,
    { cursor, followers }: { cursor: number; followers: number },
  ) {
    this.#log = log;
    this.#stub = stub;
    this.#cursor = cursor;
    this.followers = followers;
  }

  /** Begins at a sequence number, if it was not known where to begin. */
  begin(seq: number): void {
    if (!Number.isFinite(this.#cursor)) this.#cursor = seq;
  }

  /** The relay has asked to be fed, from its last sequence number on, if it knows one. */
  attach(last_seq: number | undefined): void {
    this.#attaches++;
    if (last_seq !== undefined) this.#cursor = last_seq;
  }

  /** The relay has left: no further call is made. */
  stop(): void {
    this.#is_gone = true;
  }

  /** The next call has this control record. */
  announce(event: ControlEvent): void {
    this.#events.push({ at: this.#log.last_seq, event });
  }

  /** The next call tells the relay to forget its lines. */
  forget(): void {
    this.#forgets++;
  }

  /** The next call dismisses the relay's followers. Nothing else is sent before. */
  dismiss({ code, message }: TailraceError): void {
    this.#events = [];
    this.#dismissal = { code, text: message };
  }

  /** Sends all that is new. Resolves to whether the relay still has followers. Rejects if it cannot be reached. */
  async run(): Promise<boolean> {
    await this.#rounds.run();
    return !this.#is_gone;
  }

  async #sendAll(): Promise<void> {
    while (!this.#is_gone) {
      const forgets = this.#forgets;
      const { feed, is_empty } = await this.#next(forgets > this.#forgotten);
      if (is_empty) return;
      const attaches = this.#attaches;
      const fed = await retry(() => this.#stub().feed(feed), { attempts_max: ATTEMPTS_MAX });
      this.#forgotten = forgets;
      // It had no followers, and has one since: its question has overtaken its answer.
      if (fed.kind === "gone" && attaches !== this.#attaches) continue;
      this.#take(feed, fed);
    }
  }

  /** `forget` is decided before the page is read, because the relay forgets before it takes a page. */
  async #next(forget: boolean): Promise<{ feed: Feed; is_empty: boolean }> {
    const after = this.#cursor;
    const dismissal = this.#dismissal;
    const page = dismissal === undefined ? await this.#log.pageAfter(after, PAGE_BYTES) : undefined;
    const feed: Feed = {
      confirmed: this.#confirmed,
      after,
      lines: page?.lines ?? "",
      last_seq: page?.last_seq ?? after,
      events: [...this.#events],
      forget,
      ...(dismissal === undefined ? {} : { dismissal }),
    };
    const is_empty = !page && feed.events.length === 0 && !forget && dismissal === undefined;
    return { feed, is_empty };
  }

  #take(feed: Feed, fed: Fed): void {
    if (fed.kind === "gone" || feed.dismissal !== undefined) {
      this.#is_gone = true;
      return;
    }
    this.#cursor = fed.last_seq;
    this.#confirmed = fed.last_seq;
    this.followers = fed.followers;
    // A record whose place the relay has not reached is sent again.
    const sent = new Set(feed.events.filter(({ at }) => at <= fed.last_seq));
    this.#events = this.#events.filter((event) => !sent.has(event));
  }
}
