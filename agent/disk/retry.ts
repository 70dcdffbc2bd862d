/** How often it is looked whether a disk takes by now what it did not take before. */
const RETRY_MS = 500;

/** Does again what a disk has refused, until it is done. */
export class Retry {
  readonly #attempt: () => boolean;
  #timer: NodeJS.Timeout | undefined;

  /** `attempt` tells whether all is done. */
  constructor(attempt: () => boolean) {
    this.#attempt = attempt;
  }

  /** Begins to try, unless it does already. */
  begin(): void {
    this.#timer ??= setInterval(() => this.#attempt() && this.stop(), RETRY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
