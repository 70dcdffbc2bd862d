import { Allowance } from "./allowance.ts";
import { Row } from "./row.ts";
import { erasedStyle, PLAIN, type Style } from "./style.ts";

/** A screen's size. */
export interface ScreenSize {
  columns: number;
  rows: number;
  /** How far beyond its text a row may be drawn, if not to its last column: a few bytes could make a large text otherwise. */
  reach?: number;
}

/** A cursor that a program has saved, with what it wrote with. */
interface SavedCursor {
  column: number;
  /** Counted from the first row of all, so that it stays at its text while rows leave. */
  row: number;
  style: Style;
  is_drawing_lines: boolean;
}

/** The rows of a screen, its cursor and its scroll region. Columns and rows are counted from 0. */
export class Grid {
  readonly columns: number;
  readonly height: number;
  readonly reach: number;
  /** The rows from `#first` on, then those before it: a screen that scrolls moves none of them. */
  readonly #ring: Row[];
  #first = 0;
  /** The cursor. Behind a full row, its column is `columns`: the next character wraps. */
  column = 0;
  row = 0;
  /** The first and the last row of the scroll region. */
  top = 0;
  bottom: number;
  /** The style of text that is written now. */
  style: Style = PLAIN;
  /** Rows are counted from the region's top. */
  is_origin_at_top = false;
  readonly allowance = new Allowance();
  saved: SavedCursor = { column: 0, row: 0, style: PLAIN, is_drawing_lines: false };
  /** Rows that have left at the top. */
  left = 0;
  readonly #onLeave: ((row: Row) => void) | undefined;

  /** `onLeave` gets each row that leaves at the top. Without it, rows are lost. */
  constructor({ columns, rows, reach = columns }: ScreenSize, onLeave?: (row: Row) => void) {
    this.columns = columns;
    this.height = rows;
    this.reach = reach;
    this.bottom = rows - 1;
    this.#ring = Array.from({ length: rows }, () => new Row());
    this.#onLeave = onLeave;
  }

  /** The row of the cursor. */
  get current(): Row {
    return this.rowAt(this.row);
  }

  rowAt(row: number): Row {
    const found = this.#ring[this.#placeOf(row)];
    if (found === undefined) throw new Error(`row ${row} is not one of ${this.height}`);
    return found;
  }

  /** Whether the cells of the cursor's row from a column to before another may be moved or erased. */
  mayChange(start: number, end: number = this.current.length): boolean {
    return this.allowance.spend(end - start);
  }

  /** The rows, from the top. */
  get rows(): Row[] {
    return [...this.#ring.slice(this.#first), ...this.#ring.slice(0, this.#first)];
  }

  /** The style of cells that are erased now. */
  get erased(): Style {
    return erasedStyle(this.style);
  }

  /** The region moves up by a row. At the top of the screen, the first row leaves. */
  scroll(): void {
    const { top, bottom } = this;
    const row = this.rowAt(top);
    if (top === 0 && bottom === this.height - 1) {
      this.#ring[this.#first] = new Row(this.erased);
      this.#first = this.#placeOf(1);
    } else {
      for (let at = top; at < bottom; at++) this.#ring[this.#placeOf(at)] = this.rowAt(at + 1);
      this.#ring[this.#placeOf(bottom)] = new Row(this.erased);
    }
    if (top > 0 || this.#onLeave === undefined) return;
    this.left++;
    this.#onLeave(row);
  }

  /** The next row. At the region's end, the region scrolls. */
  index(): void {
    this.row++;
    if (this.row === this.bottom + 1) {
      this.row--;
      this.scroll();
    } else this.row = Math.min(this.row, this.height - 1);
  }

  /** The row above. At the region's beginning, the region scrolls down. */
  reverseIndex(): void {
    this.limitCursor();
    if (this.row === this.top) this.moveRows(this.top, this.bottom, -1);
    else this.row = Math.max(0, this.row - 1);
  }

  /** Moves rows within two bounds up, or down if negative. Rows beyond a bound are lost, and blank ones come in. */
  moveRows(from: number, to: number, by: number, style: Style = this.erased): void {
    const count = Math.min(Math.abs(by), to - from + 1);
    const [over, step] = by > 0 ? [from, 1] : [to, -1];
    for (let at = 0; at < count; at++) this.rowAt(over + at * step).is_removed = true;
    for (let at = 0; at <= to - from; at++) {
      const moved = at + count <= to - from ? this.rowAt(over + (at + count) * step) : new Row(style);
      this.#ring[this.#placeOf(over + at * step)] = moved;
    }
  }

  #placeOf(row: number): number {
    const place = this.#first + row;
    return place < this.height ? place : place - this.height;
  }

  /** The cursor's column becomes one of the screen, or at most a given one. */
  limitCursor(column_max = this.columns - 1): void {
    const [first, last] = this.is_origin_at_top ? [this.top, this.bottom] : [0, this.height - 1];
    this.row = Math.min(last, Math.max(first, this.row));
    this.column = Math.min(column_max, Math.max(0, this.column));
    this.stayInReach();
  }

  /** The cursor stays within the reach of its row's text, where the reach is shorter than the row. */
  stayInReach(): void {
    if (this.reach < this.columns && this.column > this.reach) this.column = this.reachable(this.column);
  }

  /** A column, or the last one that the cursor's row reaches. */
  reachable(column: number): number {
    return Math.min(column, Math.max(this.reach, this.current.length));
  }

  /** Moves the cursor to a row, which is counted from the region's top if the program wants that. */
  moveTo(column: number, row: number): void {
    this.column = column;
    this.row = this.is_origin_at_top ? this.top + row : row;
    this.limitCursor();
  }

  /** What is on the screen leaves it, as if it were scrolled. */
  scrollAway(): void {
    let last = this.height - 1;
    while (last >= 0 && this.rowAt(last).isBlank) last--;
    for (; last >= 0; last--) this.scroll();
  }

  /** The region is the whole screen. */
  resetRegion(): void {
    this.top = 0;
    this.bottom = this.height - 1;
  }

  /** Moves the cursor from where it is. */
  moveBy(columns: number, rows: number): void {
    this.limitCursor();
    this.column += columns;
    this.row += rows;
    this.limitCursor();
  }
}
