import type { Timers } from "./state.ts";

/** Sets the object's one alarm to the earliest of its timers, and writes only when that moves. */
export class Timekeeper {
  readonly #storage: DurableObjectStorage;
  #set_ms: number | null | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** The alarm has gone off: none is set now. */
  rang(): void {
    this.#set_ms = null;
  }

  /** Sets the alarm for these timers. A write to storage, confirmed with the other writes of the event. */
  keep(timers: Timers): void {
    const due = Object.values(timers).filter((timer): timer is number => typeof timer === "number");
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
