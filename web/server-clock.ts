import type { Client } from "../protocol/client.ts";
import { CLOCK_SKEW_MS_MAX, offsetOf } from "../protocol/clock.ts";

/**
 * The server's time on this page: a reader's own clock may be hours off, and how long something runs is counted from a moment of
 * the server's. It is asked anew where the reader's clock has jumped, or the machine has slept.
 */
export class ServerClock {
  readonly #client: Client;
  #offset_ms: number | undefined;
  #asking = false;
  /** How far the two clocks of the page were apart at the last look. */
  #apart_ms: number | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Milliseconds since 1970; undefined until the server has been asked. */
  now_ms(): number | undefined {
    const apart_ms = Date.now() - performance.now();
    if (this.#apart_ms === undefined || Math.abs(apart_ms - this.#apart_ms) > CLOCK_SKEW_MS_MAX) {
      this.#offset_ms = undefined;
      if (!this.#asking) void this.#look();
    }
    return this.#offset_ms === undefined ? undefined : Date.now() + this.#offset_ms;
  }

  async #look(): Promise<void> {
    this.#asking = true;
    try {
      const { offset_ms } = offsetOf(await this.#client.lookAtClock(Date.now));
      this.#apart_ms = Date.now() - performance.now();
      this.#offset_ms = offset_ms;
    } catch {
      // The connection says that it is away; the next look at the clock asks again.
    } finally {
      this.#asking = false;
    }
  }
}
