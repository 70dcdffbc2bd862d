import type { Log } from "../base/log.ts";
import type { DiskFailure } from "./failure.ts";

/** How long a disk has to take everything before the log says that it does: one that is full fails and recovers at each file. */
const RECOVERED_MS = 5_000;

/** Tells the log of a disk that fails, and of its recovery: a line each, however often it changes. */
export class Trouble {
  readonly #log: Log;
  readonly #effect: string;
  readonly #recovered: string;
  #is_told = false;
  #timer: NodeJS.Timeout | undefined;

  /** `effect` is what follows from the failure, `recovered` the line for its end. */
  constructor(log: Log, effect: string, recovered: string) {
    this.#log = log;
    this.#effect = effect;
    this.#recovered = recovered;
  }

  /** The disk has failed; with undefined it has taken something again. */
  tell(failure: DiskFailure | undefined): void {
    clearTimeout(this.#timer);
    if (failure) {
      if (!this.#is_told) this.#log.warn(`${this.#effect}: ${failure.text}`);
      this.#is_told = true;
      return;
    }
    if (!this.#is_told) return;
    this.#timer = setTimeout(() => {
      this.#is_told = false;
      this.#log.info(this.#recovered);
    }, RECOVERED_MS).unref();
  }
}
