import { counts } from "./counts.ts";

/**
 * How long one event keeps an object awake at least: its code runs for less than a millisecond, but its answer waits until the
 * platform has confirmed the write.
 */
const EVENT_MS_MIN = 10;

/** The time in which an object handles events or waits for promises of its own. It may hibernate in the rest. */
export class Awake {
  #events = 0;
  /** Until when the time is counted. */
  #counted_ms = 0;

  /** Counts the time from now until the promise has settled. */
  during(work: unknown): void {
    const begun_ms = Date.now();
    if (this.#events++ === 0) this.#counted_ms = Math.max(this.#counted_ms, begun_ms);
    const end = () => {
      this.#events--;
      const end_ms = Math.max(Date.now(), begun_ms + EVENT_MS_MIN);
      counts.object_ms += Math.max(0, end_ms - this.#counted_ms);
      this.#counted_ms = Math.max(this.#counted_ms, end_ms);
    };
    Promise.resolve(work).then(end, end);
  }
}
