import type { Client } from "../../protocol/client/client.ts";
import { CLOCK_SKEW_MS_MAX, offsetOf } from "../../protocol/wire/clock.ts";

/**
 * The server's time on this page: a reader's own clock may be hours off, and how long something runs is counted from a moment of
 * the server's.
 */
export class ServerClock {
  readonly #client: Client;
  #offset_ms: number | undefined;
  /** How far the page's two clocks were apart as the server was asked. */
  #apart_ms = 0;
  #asking = false;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Milliseconds since 1970; undefined until the server has been asked. */
  now_ms(): number | undefined {
    return this.#offset_ms === undefined || this.#hasJumped() ? undefined : Date.now() + this.#offset_ms;
  }

  /** Asks the server where that is needed: at first, and where the reader's clock has jumped, or the machine has slept. */
  async keep(): Promise<void> {
    if (this.#asking || this.now_ms() !== undefined) return;
    this.#asking = true;
    try {
      const { offset_ms } = offsetOf(await this.#client.lookAtClock(Date.now));
      this.#offset_ms = offset_ms;
      this.#apart_ms = apartMs();
    } catch {
      // The connection says that the server is away; it is asked again.
    } finally {
      this.#asking = false;
    }
  }

  #hasJumped(): boolean {
    return Math.abs(apartMs() - this.#apart_ms) > CLOCK_SKEW_MS_MAX;
  }
}

function apartMs(): number {
  return Date.now() - performance.now();
}
