import { backoffMs, pause } from "../../protocol/base/backoff.ts";
import { isTransient } from "../../protocol/client/client.ts";

/** Reads one page after another. Of the requests that come during a read, only the last one counts. */
export class PageLoads {
  readonly #load: (row: number, signal: AbortSignal) => Promise<void>;
  readonly #changed: () => void;
  #abort = new AbortController();
  #loading = false;
  #wanted: number | undefined;
  /** Pages in a row that could not be read. */
  #failures = 0;

  /** `changed` is told after each try: what is still missing then is to be wanted again. */
  constructor(load: (row: number, signal: AbortSignal) => Promise<void>, changed: () => void) {
    this.#load = load;
    this.#changed = changed;
  }

  /** Wants the page of a row; undefined where nothing is missing. */
  want(row: number | undefined): void {
    this.#wanted = row;
    if (!this.#loading) void this.#run();
  }

  /** Drops the page that is on its way, and any wait. */
  drop(): void {
    this.#failures = 0;
    if (!this.#loading) return;
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  async #run(): Promise<void> {
    this.#loading = true;
    // Not a retry of one load: after a failure another page may be wanted.
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
