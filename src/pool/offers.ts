/**
 * The latest offer of each execution that is being asked whether it takes its lease. An execution that was released and queued
 * again begins its epochs again, so an epoch alone does not tell which offer an answer belongs to. In memory only: an answer
 * does not outlive the object that asked.
 */
export class Offers {
  readonly #latest = new Map<string, object>();

  /** Begins an offer. Answers to earlier ones of the execution are void from now on. */
  begin(execution_id: string): object {
    const offer = {};
    this.#latest.set(execution_id, offer);
    return offer;
  }

  /** An answer has come: whether it counts. */
  end(execution_id: string, offer: object): boolean {
    if (this.#latest.get(execution_id) !== offer) return false;
    return this.#latest.delete(execution_id);
  }
}
