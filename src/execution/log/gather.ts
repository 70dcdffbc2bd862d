import { pause } from "../../../protocol/base/backoff.ts";
import { BATCH_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { GATHER_MS_MAX, GATHER_SHARE } from "../../../protocol/base/reader-limits.ts";

/**
 * Gathers the lines that are stored while a push is still being written, and for a share of the time that it took. A write to a
 * follower costs much the same for one line as for fifty, so many followers get fewer, larger pushes. With few followers a push
 * takes less than a millisecond, and nothing waits for long.
 */
export class Gather {
  readonly #keepAwake: (work: Promise<void>) => void;
  readonly #push: (lines: string) => void;
  #lines = "";
  #settling = false;

  /** `keepAwake` keeps the object awake until a promise resolves; `push` sends lines to the followers. */
  constructor(keepAwake: (work: Promise<void>) => void, push: (lines: string) => void) {
    this.#keepAwake = keepAwake;
    this.#push = push;
  }

  /** Takes stored lines: pushes them immediately, or once the last push has settled. */
  add(lines: string): void {
    this.#lines += lines;
    if (!this.#settling || this.#lines.length >= BATCH_BYTES_MAX) this.flush();
  }

  /** Pushes what has been gathered. */
  flush(): void {
    if (this.#lines === "") return;
    const lines = this.#lines;
    this.#lines = "";
    const pushed_ms = performance.now();
    this.#push(lines);
    // The object stays awake until the next push, so that hibernation does not lose what is gathered.
    if (!this.#settling) this.#keepAwake(this.#settle(pushed_ms));
  }

  /** A timer fires only after the engine has written what it can, so its delay tells how long the push took. */
  async #settle(pushed_ms: number): Promise<void> {
    this.#settling = true;
    await pause(0);
    const rest_ms = Math.min(GATHER_MS_MAX, (performance.now() - pushed_ms) * GATHER_SHARE);
    if (rest_ms >= 1) await pause(rest_ms);
    this.#settling = false;
    this.flush();
  }
}
