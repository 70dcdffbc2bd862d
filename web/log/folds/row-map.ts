/** Rows that are not shown, both included. */
export interface HiddenRows {
  first: number;
  last: number;
}

/** Which rows of a log are shown, and where: a sorted list of hidden rows, so that it costs nothing for each line. */
export class RowMap {
  /** With the number of hidden rows before each. */
  readonly #hidden: (HiddenRows & { before: number })[] = [];

  /** `hidden`: in their order, apart. The last may be endless. */
  constructor(hidden: readonly HiddenRows[]) {
    let before = 0;
    for (const { first, last } of hidden) {
      this.#hidden.push({ first, last, before });
      before += last - first + 1;
    }
  }

  /** The number of shown ones among so many rows. */
  count(rows: number): number {
    return rows === 0 ? 0 : this.shown(rows - 1) + 1;
  }

  /** The place at which a row is shown. A hidden row is at that of the last shown row before it. */
  shown(row: number): number {
    const at = this.#last(({ first }) => first <= row);
    if (at === undefined) return row;
    return row <= at.last ? at.first - at.before - 1 : row - at.before - (at.last - at.first + 1);
  }

  /** The row that is shown at a place. */
  row(shown: number): number {
    const at = this.#last(({ first, before }) => first - before <= shown);
    return at === undefined ? shown : shown + at.before + (at.last - at.first + 1);
  }

  /** The last of the hidden rows for which a condition holds, which holds for all before it too. */
  #last(holds: (hidden: HiddenRows & { before: number }) => boolean) {
    let [from, to] = [0, this.#hidden.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const hidden = this.#hidden[middle];
      if (hidden && holds(hidden)) from = middle + 1;
      else to = middle;
    }
    return this.#hidden[from - 1];
  }
}
