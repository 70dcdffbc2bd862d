import {
  ASKED_AT_ONCE,
  STREAM_FOLLOWED_MAX,
  STREAM_TURN_MS,
  STREAM_TURNS_AT_ONCE,
  STREAM_UNREAD_CHARS_MAX,
} from "../../../protocol/base/reader-limits.ts";
import { Followed, type Place } from "./followed.ts";
import type { Origin } from "./frames.ts";

/** The callbacks of a stream's logs. */
export interface TurnsEvents {
  /** Returns whether anything was written. If not, the log may send more at once: no reader consumes anything. */
  lines: (origin: Origin, lines: string) => boolean;
  /** All output of an execution has arrived. */
  ended: (id: string) => void;
  failed: (error: unknown) => void;
}

/** How many logs are followed at the same time, and how long a quiet one keeps its place. */
export interface TurnBounds {
  followed_max: number;
  turn_ms: number;
}

export const TURN_BOUNDS: TurnBounds = { followed_max: STREAM_FOLLOWED_MAX, turn_ms: STREAM_TURN_MS };

/**
 * The logs that one stream follows: a bounded number at the same time, and the others in turn. A log that gives up its
 * place keeps its cursor and continues from there, so that nothing is lost or repeated.
 */
export class Turns {
  readonly #env: Env;
  readonly #bounds: TurnBounds;
  readonly #events: TurnsEvents;
  /** The followed logs, and since when each has been quiet; the longest quiet first. */
  readonly #followed = new Map<string, { followed: Followed; quiet_ms: number }>();
  /** Begun executions that wait for a place, in the order of their turns. */
  readonly #waiting = new Map<string, Place>();
  /** Executions that have not begun. They are followed if there is room, and wait for a turn once they have begun. */
  readonly #asleep = new Map<string, Place>();
  #timer: number | null = null;
  /** Characters that the reader has not read yet. */
  #unread = 0;
  /** Logs that are being connected to. */
  #opening = 0;
  #open = true;

  constructor(env: Env, bounds: TurnBounds, events: TurnsEvents) {
    this.#env = env;
    this.#bounds = bounds;
    this.#events = events;
  }

  /** How many executions may still have output to write. */
  get size(): number {
    return this.#followed.size + this.#waiting.size + this.#asleep.size;
  }

  has(id: string): boolean {
    return this.#followed.has(id) || this.#waiting.has(id) || this.#asleep.has(id);
  }

  /** Adds an execution: it is followed from its place on, now or in its turn. */
  add(place: Place, has_begun: boolean): void {
    if (!this.#open) return;
    (has_begun ? this.#waiting : this.#asleep).set(place.origin.id, place);
    this.#takeTurns();
  }

  /** An execution has begun, or ended: it gets a turn. */
  wake(id: string): void {
    const entry = this.#followed.get(id);
    if (entry?.quiet_ms === 0) entry.quiet_ms = Date.now();
    const place = this.#asleep.get(id);
    if (place === undefined) return;
    this.#asleep.delete(id);
    this.#waiting.set(id, place);
    this.#takeTurns();
  }

  wakeAll(): void {
    for (const id of [...this.#asleep.keys()]) this.wake(id);
  }

  /** The reader has read everything that was written. */
  drained(): void {
    this.#unread = 0;
    for (const { followed } of this.#followed.values()) followed.grant();
    this.#fill();
  }

  /** Pings each followed log. */
  beat(): void {
    for (const { followed } of this.#followed.values()) followed.beat();
  }

  close(): void {
    this.#open = false;
    clearTimeout(this.#timer);
    for (const { followed } of this.#followed.values()) followed.close();
    for (const places of [this.#followed, this.#waiting, this.#asleep]) places.clear();
  }

  get #hasRoom(): boolean {
    return this.#followed.size < this.#bounds.followed_max && this.#mayOpen;
  }

  /** Whether one more log may be connected to now. */
  get #mayOpen(): boolean {
    return this.#opening < ASKED_AT_ONCE && this.#unread < STREAM_UNREAD_CHARS_MAX;
  }

  /** Gives free places to waiting executions: those that have begun come first. */
  #fill(): void {
    while (this.#open && this.#hasRoom) {
      const place = first(this.#waiting) ?? first(this.#asleep);
      if (place === undefined) return;
      const has_begun = this.#waiting.delete(place.origin.id);
      this.#asleep.delete(place.origin.id);
      void this.#follow(place, has_begun ? Date.now() : 0);
    }
  }

  /** Moves places from logs that were quiet for a whole turn to waiting executions. It runs again while any wait. */
  #takeTurns(): void {
    this.#fill();
    const quiet_since_ms = Date.now() - this.#bounds.turn_ms;
    for (let taken = 0; taken < STREAM_TURNS_AT_ONCE; taken++) {
      const [quietest] = this.#followed.entries();
      if (this.#waiting.size === 0 || !this.#mayOpen) break;
      if (quietest === undefined || quietest[1].quiet_ms > quiet_since_ms) break;
      const [id, { followed, quiet_ms }] = quietest;
      followed.close();
      this.#followed.delete(id);
      this.#fill();
      (quiet_ms === 0 ? this.#asleep : this.#waiting).set(id, followed.place);
    }
    if (this.#timer !== null || this.#waiting.size === 0 || !this.#open) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#takeTurns();
    }, this.#bounds.turn_ms);
  }

  /** `quiet_ms` is 0 for an execution that has not begun. */
  async #follow(place: Place, quiet_ms: number): Promise<void> {
    const { origin } = place;
    const followed = new Followed(this.#env, place, {
      lines: (lines) => this.#pass(followed, origin, lines),
      ended: () => this.#end(origin.id),
      failed: (error) => this.#events.failed(error),
    });
    this.#followed.set(origin.id, { followed, quiet_ms });
    this.#opening++;
    try {
      await followed.open();
    } catch (error) {
      // The log may have given up its place before it was open.
      if (this.#followed.get(origin.id)?.followed === followed) this.#events.failed(error);
    }
    this.#opening--;
    this.#fill();
  }

  #pass(followed: Followed, origin: Origin, lines: string): void {
    this.#followed.delete(origin.id);
    this.#followed.set(origin.id, { followed, quiet_ms: Date.now() });
    if (this.#events.lines(origin, lines)) this.#unread += lines.length;
    else followed.grant();
  }

  #end(id: string): void {
    this.#followed.delete(id);
    this.#events.ended(id);
    this.#fill();
  }
}

function first(places: ReadonlyMap<string, Place>): Place | undefined {
  const [place] = places.values();
  return place;
}
