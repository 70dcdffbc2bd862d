import type { ViewerClient } from "../../protocol/client/viewer-client.ts";
import { CLOCK_SKEW_MS_MAX, offsetOf } from "../../protocol/wire/clock.ts";

/**
 * The server's time on this page. A reader's own clock may be hours off, and durations are counted from the server's
 * timestamps.
 */
export class ServerClock {
  readonly #client: ViewerClient;
  #offset_ms: number | undefined;
  /** The difference of the page's two clocks when the server was asked. */
  #apart_ms = 0;
  #asking: Promise<void> | undefined;

  constructor(client: ViewerClient) {
    this.#client = client;
  }

  /** Milliseconds since 1970; undefined until the server has been asked. */
  now_ms(): number | undefined {
    return this.#offset_ms === undefined || this.#hasJumped() ? undefined : Date.now() + this.#offset_ms;
  }

  /** Asks the server if needed: at first, and after the reader's clock has jumped or the machine has slept. */
  async keep(): Promise<void> {
    if (this.now_ms() !== undefined) return;
    // Many parts of a page keep the same clock.
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  async #ask(): Promise<void> {
    try {
      const { offset_ms } = offsetOf(await this.#client.lookAtClock(Date.now));
      this.#offset_ms = offset_ms;
      this.#apart_ms = apartMs();
    } catch {
      // The page's connection reports the failure. The next call asks again.
    }
  }

  #hasJumped(): boolean {
    return Math.abs(apartMs() - this.#apart_ms) > CLOCK_SKEW_MS_MAX;
  }
}

function apartMs(): number {
  return Date.now() - performance.now();
}
