import type { Log } from "../base/log.ts";
import type { DiskFailure } from "./failure.ts";

/** How long a disk must work before the log reports it as recovered: a full disk fails and recovers at each file. */
const RECOVERED_MS = 5_000;

/** Logs a failing disk and its recovery, one line each, however often it changes. */
export class Trouble {
  readonly #log: Log;
  readonly #effect: string;
  readonly #recovered: string;
  #is_logged = false;
  #timer: NodeJS.Timeout | undefined;

  /** `effect` says what the failure causes. `recovered` is the line for its end. */
  constructor(log: Log, effect: string, recovered: string) {
    this.#log = log;
    this.#effect = effect;
    this.#recovered = recovered;
  }

  /** The disk has failed, or has written again (undefined). */
  tell(failure: DiskFailure | undefined): void {
    clearTimeout(this.#timer);
    if (failure) {
      if (!this.#is_logged) this.#log.warn(`${this.#effect}: ${failure.text}`);
      this.#is_logged = true;
      return;
    }
    if (!this.#is_logged) return;
    this.#timer = setTimeout(() => {
      this.#is_logged = false;
      this.#log.info(this.#recovered);
    }, RECOVERED_MS).unref();
  }
}
