/** Between two attempts to write to a disk that has refused. */
const RETRY_MS = 500;

/** Repeats what a disk has refused, until it succeeds. */
export class Retry {
  readonly #attempt: () => boolean;
  #timer: NodeJS.Timeout | undefined;

  /** `attempt` returns whether everything is done. */
  constructor(attempt: () => boolean) {
    this.#attempt = attempt;
  }

  /** Starts the attempts, unless they are running. */
  begin(): void {
    this.#timer ??= setInterval(() => this.#attempt() && this.stop(), RETRY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
