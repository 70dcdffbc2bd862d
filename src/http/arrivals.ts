/** Request bodies that are still arriving, by owner. A body that never reports its end counts until its deadline. */
export class Arrivals {
  readonly #awaited = new Map<string, Set<{ until_ms: number }>>();

  /**
   * Counts one more body until the deadline at the latest, and returns the function that ends it. Undefined if there are too
   * many.
   */
  begin(owner: string, max: number, until_ms: number, now_ms: number): (() => void) | undefined {
    if (this.#awaited.size >= KNOWN_MAX) for (const known of this.#awaited.keys()) this.#lapse(known, now_ms);
    this.#lapse(owner, now_ms);
    const own = this.#awaited.get(owner) ?? new Set();
    if (own.size >= max) return undefined;
    const one = { until_ms };
    this.#awaited.set(owner, own.add(one));
    return () => {
      own.delete(one);
      if (own.size === 0 && this.#awaited.get(owner) === own) this.#awaited.delete(owner);
    };
  }

  /** Removes expired bodies. They are in the order of their deadlines, except after a change of the setting. */
  #lapse(owner: string, now_ms: number): void {
    const own = this.#awaited.get(owner);
    for (const one of own ?? []) {
      if (one.until_ms > now_ms) break;
      own?.delete(one);
    }
    if (own?.size === 0) this.#awaited.delete(owner);
  }
}

/** Owners with arriving bodies; beyond this number expired bodies of all owners are removed. */
const KNOWN_MAX = 10_000;
