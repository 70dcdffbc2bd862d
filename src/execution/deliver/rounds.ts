/**
 * Work that is done one round at a time: calls that come while a round is under way are one more round together, also a
 * call that the round itself makes.
 */
export class Rounds {
  readonly #round: () => Promise<void>;
  #wanted = false;
  #running: Promise<void> | undefined;

  constructor(round: () => Promise<void>) {
    this.#round = round;
  }

  /** Begins a round, or asks for one more. Resolves once none is wanted, and rejects with what a round rejects with. */
  run(): Promise<void> {
    this.#wanted = true;
    if (this.#running) return this.#running;
    // It stands here before the round begins: what the round calls before it awaits anything may call this.
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
