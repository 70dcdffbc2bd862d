/** Bodies that are on their way, by whose they are. What never says that it is over counts until its time is. */
export class Arrivals {
  readonly #awaited = new Map<string, Set<{ until_ms: number }>>();

  /** Counts one more, until a moment at the latest; gives what ends it. Undefined: there are so many already. */
  begin(whose: string, max: number, until_ms: number, now_ms: number): (() => void) | undefined {
    if (this.#awaited.size >= KNOWN_MAX) for (const known of this.#awaited.keys()) this.#lapse(known, now_ms);
    this.#lapse(whose, now_ms);
    const own = this.#awaited.get(whose) ?? new Set();
    if (own.size >= max) return undefined;
    const one = { until_ms };
    this.#awaited.set(whose, own.add(one));
    return () => {
      own.delete(one);
      if (own.size === 0 && this.#awaited.get(whose) === own) this.#awaited.delete(whose);
    };
  }

  /** They are in the order of their times, but for changes of the setting. */
  #lapse(whose: string, now_ms: number): void {
    const own = this.#awaited.get(whose);
    for (const one of own ?? []) {
      if (one.until_ms > now_ms) break;
      own?.delete(one);
    }
    if (own?.size === 0) this.#awaited.delete(whose);
  }
}

/** Owners of bodies that are on their way, beyond which all of them are looked through. */
const KNOWN_MAX = 10_000;
