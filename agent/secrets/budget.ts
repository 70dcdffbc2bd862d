/** Bytes of the patterns of all runs of an agent together. Each takes about 12 bytes of memory, and twice that while it is added. */
const LIVE_PATTERN_BYTES_MAX = 64 * 1024 * 1024;

/** The memory for patterns that all live runs of an agent share. */
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
