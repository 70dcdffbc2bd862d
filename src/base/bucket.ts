/** Keys that a bucket keeps count of; beyond them the oldest is forgotten, which is to its favour. */
const KEYS_MAX = 10_000;

/** A token bucket for each key, in this isolate: so many a second, and a burst of as many as it holds. */
export class Buckets {
  readonly #levels = new Map<string, { left: number; at_ms: number }>();

  /** Takes one; the seconds to wait where there is none. */
  take(key: string, { per_second, burst }: { per_second: number; burst: number }, now_ms: number): number {
    const level = this.#levels.get(key);
    // A clock that is set back takes nothing away.
    const since_ms = level ? Math.max(0, now_ms - level.at_ms) : 0;
    const left = level ? Math.min(burst, level.left + (since_ms / 1000) * per_second) : burst;
    const taken = left >= 1;
    this.#levels.delete(key);
    this.#levels.set(key, { left: taken ? left - 1 : left, at_ms: now_ms });
    if (this.#levels.size > KEYS_MAX) this.#forgetOldest();
    return taken ? 0 : Math.ceil((1 - left) / per_second);
  }

  /** The bucket of a key is full again. */
  forget(key: string): void {
    this.#levels.delete(key);
  }

  #forgetOldest(): void {
    const [oldest] = this.#levels.keys();
    if (oldest !== undefined) this.#levels.delete(oldest);
  }
}
