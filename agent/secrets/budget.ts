/** Bytes of the patterns of all runs of an agent together. Each takes some 12 of memory, and twice as much while it is learned. */
const LIVE_PATTERN_BYTES_MAX = 64 * 1024 * 1024;

/** What is left of the memory for patterns, which all live runs of an agent share. */
export class PatternBudget {
  #left: number;

  constructor(bytes_max = LIVE_PATTERN_BYTES_MAX) {
    this.#left = bytes_max;
  }

  /** Bytes that can be taken. */
  get left(): number {
    return this.#left;
  }

  take(bytes: number): void {
    this.#left -= bytes;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}
