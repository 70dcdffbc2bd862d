/** Cells that a character of output may move or erase, on average. It is more than a usual terminal's row has. */
const CELLS_PER_CHARACTER = 256;
/** Cells that an output may move or erase at once, after others that have moved none. */
const CELLS_MAX = 256 * 1024;

/** The work that a screen still does for its output. Otherwise a few bytes could move thousands of cells, again and again. */
export class Allowance {
  #cells = CELLS_MAX;

  earn(characters: number): void {
    this.#cells = Math.min(CELLS_MAX, this.#cells + characters * CELLS_PER_CHARACTER);
  }

  /** Whether these cells may be moved or erased. Otherwise the sequence has no effect. */
  spend(cells: number): boolean {
    if (cells > this.#cells) return false;
    this.#cells -= Math.max(0, cells);
    return true;
  }
}
