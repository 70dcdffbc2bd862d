export const TAB_COLUMNS = 8;

/** The columns at which tabs end: each eighth one, and what a program has changed. */
export class TabStops {
  #has_default = true;
  /** The columns that a program has set or cleared. */
  #changed = new Map<number, boolean>();

  reset(): void {
    this.#has_default = true;
    this.#changed = new Map();
  }

  set(column: number): void {
    this.#changed.set(column, true);
  }

  clear(column: number): void {
    this.#changed.set(column, false);
  }

  clearAll(): void {
    this.#has_default = false;
    this.#changed = new Map();
  }

  /** The stop behind a column; the last column if there is none before it. */
  next(column: number, last: number): number {
    let at = column + 1;
    while (at < last && !this.#isStop(at)) at++;
    return Math.min(at, last);
  }

  /** The stop before a column; the first column if there is none. */
  previous(column: number): number {
    let at = column - 1;
    while (at > 0 && !this.#isStop(at)) at--;
    return Math.max(at, 0);
  }

  #isStop(column: number): boolean {
    return this.#changed.get(column) ?? (this.#has_default && column % TAB_COLUMNS === 0);
  }
}
