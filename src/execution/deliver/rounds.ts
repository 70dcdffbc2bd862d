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

  /** Begins a round, or asks for one more. Resolves once none is wanted, and rejects where a round rejects. */
  run(): Promise<void> {
    this.#wanted = true;
    if (this.#running) return this.#running;
    // Set before the round begins: what the round calls before its first await may call this.
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
