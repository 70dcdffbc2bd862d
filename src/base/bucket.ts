/** Keys that are counted. Beyond this number the oldest is forgotten, and its bucket is full again. */
const KEYS_MAX = 10_000;

/** A token bucket for each key, in this isolate: a rate per second, and a burst. */
export class Buckets {
  readonly #levels = new Map<string, { left: number; at_ms: number }>();

  /** Takes one token; returns the seconds to wait if there is none. */
  take(key: string, { per_second, burst }: { per_second: number; burst: number }, now_ms: number): number {
    const level = this.#levels.get(key);
    // A clock that is set back removes no tokens.
    const since_ms = level ? Math.max(0, now_ms - level.at_ms) : 0;
    const left = level ? Math.min(burst, level.left + (since_ms / 1000) * per_second) : burst;
    const taken = left >= 1;
    this.#levels.delete(key);
    this.#levels.set(key, { left: taken ? left - 1 : left, at_ms: now_ms });
    if (this.#levels.size > KEYS_MAX) this.#forgetOldest();
    return taken ? 0 : Math.ceil((1 - left) / per_second);
  }

  /** Fills a key's bucket again. */
  forget(key: string): void {
    this.#levels.delete(key);
  }

  #forgetOldest(): void {
    const [oldest] = this.#levels.keys();
    if (oldest !== undefined) this.#levels.delete(oldest);
  }
}
