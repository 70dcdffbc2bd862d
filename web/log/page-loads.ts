import { backoffMs, pause } from "../../protocol/base/backoff.ts";
import { isTransient } from "../../protocol/client/client.ts";

/** Reads one page after another. Of the requests that come during a read, only the last one counts. */
export class PageLoads {
  readonly #load: (row: number, signal: AbortSignal) => Promise<void>;
  readonly #changed: () => void;
  #abort = new AbortController();
  #loading = false;
  #wanted: number | undefined;
  /** Consecutive pages that could not be read. */
  #failures = 0;

  /** `changed` is called after each attempt. A caller that still misses lines calls `want` again. */
  constructor(load: (row: number, signal: AbortSignal) => Promise<void>, changed: () => void) {
    this.#load = load;
    this.#changed = changed;
  }

  /** Requests the page of a row; undefined if nothing is missing. */
  want(row: number | undefined): void {
    this.#wanted = row;
    if (!this.#loading) void this.#run();
  }

  /** Drops the current request, and any wait. */
  drop(): void {
    this.#failures = 0;
    if (!this.#loading) return;
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  async #run(): Promise<void> {
    this.#loading = true;
    // Not a retry of one load: after a failure another page may be requested.
    while (this.#wanted !== undefined) {
      const row = this.#wanted;
      const { signal } = this.#abort;
      this.#wanted = undefined;
      try {
        await this.#load(row, signal);
        this.#failures = 0;
      } catch (error) {
        if (!isTransient(error)) break;
        await pause(backoffMs(this.#failures++), signal);
      }
      this.#changed();
    }
    this.#loading = false;
  }
}
