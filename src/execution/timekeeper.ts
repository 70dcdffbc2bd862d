import type { Timers } from "./state/state.ts";

/** Sets the object's one alarm to the earliest of its timers, and writes only when that moves. */
export class Timekeeper {
  readonly #storage: DurableObjectStorage;
  /** When the first of the followers would count as silent; null where none can. */
  readonly #silence: () => number | null;
  #set_ms: number | null | undefined;
  /** When the followers are to be looked after: known from their sockets, and not stored. Undefined until it is asked for. */
  #watch_ms: number | null | undefined;

  constructor(storage: DurableObjectStorage, silence: () => number | null) {
    this.#storage = storage;
    this.#silence = silence;
  }

  /** The alarm has gone off: none is set now. */
  rang(): void {
    this.#set_ms = null;
    this.#watch_ms = undefined;
  }

  /** A follower has come that may fall silent. Where others are looked after already, it is found when they are. */
  followed(timers: Timers): void {
    if (typeof this.#watch_ms === "number") return;
    this.#watch_ms = this.#silence();
    if (this.#watch_ms !== null) this.keep(timers);
  }

  /** Sets the alarm for these timers. A write to storage, confirmed with the other writes of the event. */
  keep(timers: Timers): void {
    if (this.#watch_ms === undefined) this.#watch_ms = this.#silence();
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
export function isDue(timer_ms: number | null, now_ms: number): boolean {
  return timer_ms !== null && timer_ms <= now_ms;
}
