const TAB_COLUMNS = 8;

/** The columns at which tabs end: each eighth one, until a program sets its own. */
export class TabStops {
  readonly #columns: number;
  #stops: Set<number> | undefined;

  constructor(columns: number) {
    this.#columns = columns;
  }

  reset(): void {
    this.#stops = undefined;
  }

  set(column: number): void {
    this.#own().add(column);
  }

  clear(column: number): void {
    this.#own().delete(column);
  }

  clearAll(): void {
    this.#stops = new Set();
  }

  /** The stop behind a column; the last column if there is none. */
  next(column: number): number {
    let at = column + 1;
    while (at < this.#columns && !this.#isStop(at)) at++;
    return Math.min(at, this.#columns - 1);
  }

  /** The stop before a column; the first column if there is none. */
  previous(column: number): number {
    let at = column - 1;
    while (at > 0 && !this.#isStop(at)) at--;
    return Math.max(at, 0);
  }

  #isStop(column: number): boolean {
    return this.#stops ? this.#stops.has(column) : column % TAB_COLUMNS === 0;
  }

  #own(): Set<number> {
    if (this.#stops) return this.#stops;
    this.#stops = new Set();
    for (let column = 0; column < this.#columns; column += TAB_COLUMNS) this.#stops.add(column);
    return this.#stops;
  }
}
