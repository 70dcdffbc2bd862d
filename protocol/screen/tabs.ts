export const TAB_COLUMNS = 8;

/** Further changes of stops have no effect. No terminal has so many columns. */
const CHANGED_MAX = 1_024;

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
    this.#change(column, true);
  }

  clear(column: number): void {
    this.#change(column, false);
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

  #change(column: number, is_stop: boolean): void {
    if (this.#changed.size < CHANGED_MAX || this.#changed.has(column)) this.#changed.set(column, is_stop);
  }

  #isStop(column: number): boolean {
    return this.#changed.get(column) ?? (this.#has_default && column % TAB_COLUMNS === 0);
  }
}
