import type { Followers } from "../log/followers.ts";
import type { Timers } from "../state/state.ts";

/**
 * How much earlier than needed the alarm may ring: an alarm that rings and finds nothing to do costs less than a write that moves it.
 */
const EARLY_MS_MAX = 10_000;

/** Sets the object's one alarm to the earliest of its timers, and writes only if it would ring too late, or much too early. */
export class Alarm {
  readonly #storage: DurableObjectStorage;
  readonly #followers: Followers;
  #set_ms: number | null | undefined;
  /** When to look for silent followers. It is known from the sockets and not stored; undefined until it is needed. */
  #watch_ms: number | null | undefined;

  constructor(storage: DurableObjectStorage, followers: Followers) {
    this.#storage = storage;
    this.#followers = followers;
  }

  /** The alarm has rung: none is set now. */
  rang(): void {
    this.#set_ms = null;
    this.#watch_ms = undefined;
  }

  /** A follower that pings has connected. If the alarm is set for other followers already, it checks this one with them. */
  followed(timers: Timers): void {
    if (typeof this.#watch_ms === "number") return;
    this.#watch_ms = this.#followers.check_ms;
    if (this.#watch_ms !== null) this.keep(timers);
  }

  /** Sets the alarm for these timers. It is a write to storage, confirmed with the other writes of the event. */
  keep(timers: Timers): void {
    if (this.#watch_ms === undefined) this.#watch_ms = this.#followers.check_ms;
    const due = [...Object.values(timers), this.#watch_ms].filter((timer) => typeof timer === "number");
    if (due.length > 0) this.set(Math.min(...due));
  }

  /** The same for one moment. The output gate holds every answer until it is written; a failure resets the object. */
  set(at_ms: number): void {
    const set_ms = this.#set_ms;
    if (typeof set_ms === "number" && set_ms <= at_ms && at_ms - set_ms < EARLY_MS_MAX) return;
    this.#set_ms = at_ms;
    void this.#storage.setAlarm(at_ms);
  }
}

/** Whether a timer's moment has come. */
export function isDue(timer_ms: number | null | undefined, now_ms: number): boolean {
  return typeof timer_ms === "number" && timer_ms <= now_ms;
}
