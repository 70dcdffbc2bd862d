/**
 * Work that is done one round at a time. Calls during a round share one more round, also a call that the round itself makes.
 */
export class Rounds {
  readonly #round: () => Promise<void>;
  #wanted = false;
  #running: Promise<void> | undefined;

  constructor(round: () => Promise<void>) {
    this.#round = round;
  }

  /** Begins a round, or requests one more. Resolves once no round is requested, and rejects if a round rejects. */
  run(): Promise<void> {
    this.#wanted = true;
    if (this.#running) return this.#running;
    // Set before the round begins, because the round may call `run` before its first await.
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#running = promise;
    this.#runAll().then(resolve, reject);
    return promise;
  }

  async #runAll(): Promise<void> {
    try {
      while (this.#wanted) {
        this.#wanted = false;
        await this.#round();
      }
    } finally {
      this.#running = undefined;
    }
  }
}
