import type { Followers } from "../log/followers.ts";
import type { Timers } from "../state/state.ts";

/** Sets the object's one alarm to the earliest of its timers, and writes only when that changes. */
export class Alarm {
  readonly #storage: DurableObjectStorage;
  readonly #followers: Followers;
  #set_ms: number | null | undefined;
  /** When the first follower would count as silent. It is known from the sockets and not stored; undefined until it is needed. */
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
    this.#watch_ms = this.#followers.silence_ms;
    if (this.#watch_ms !== null) this.keep(timers);
  }

  /** Sets the alarm for these timers. It is a write to storage, confirmed with the other writes of the event. */
  keep(timers: Timers): void {
    if (this.#watch_ms === undefined) this.#watch_ms = this.#followers.silence_ms;
    const due = [...Object.values(timers), this.#watch_ms].filter((timer) => typeof timer === "number");
    const earliest_ms = due.length === 0 ? null : Math.min(...due);
    if (earliest_ms === this.#set_ms) return;
    this.#set_ms = earliest_ms;
    // The output gate holds every answer until this is written; a failure resets the object.
    if (earliest_ms === null) void this.#storage.deleteAlarm();
    else void this.#storage.setAlarm(earliest_ms);
  }
}

/** Whether a timer's moment has come. */
export function isDue(timer_ms: number | null | undefined, now_ms: number): boolean {
  return typeof timer_ms === "number" && timer_ms <= now_ms;
}
