import { BLANK, SECOND_HALF } from "./cells.ts";
import type { Grid } from "./grid.ts";
import type { Row } from "./row.ts";
import { isWide, widthOf } from "./widths.ts";

/** How text is written. */
export interface Writing {
  /** At the last column, text continues in the next row. */
  wraps: boolean;
  /** Text moves what is to its right. */
  inserts: boolean;
  /** The columns of the character before; 0 if something else was between. Combining characters join it. */
  last_width: number;
}

/** Text of narrow characters without combining ones, each one UTF-16 unit: most text. */
const NARROW =
  /^[ -~\u00a0-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u205f\u2190-\u2319\u2500-\u25fc\u2800-\u28ff]*$/;

/** Whether each UTF-16 unit of a text is a character of one column. */
export function isNarrow(text: string): boolean {
  return NARROW.test(text);
}

/** Further combining characters of a cell are dropped. */
const CELL_CHARS_MAX = 32;

/** Writes text without control characters at the cursor. */
export function print(grid: Grid, text: string, writing: Writing): void {
  grid.stayInReach();
  const before = grid.column - 1;
  if (before >= 0 && grid.current.isWideAt(before)) grid.current.set(before, BLANK, grid.style);
  if (!writing.inserts && writing.wraps && isNarrow(text)) {
    printNarrow(grid, text);
    writing.last_width = 1;
  } else for (const character of text) printCharacter(grid, character, writing);
  if (grid.current.isSecondHalfAt(grid.column)) grid.current.set(grid.column, BLANK, grid.style);
}

function printNarrow(grid: Grid, text: string): void {
  for (let at = 0; at < text.length; ) {
    if (grid.column >= grid.columns) wrap(grid);
    const part = text.slice(at, at + grid.columns - grid.column);
    grid.current.write(grid.column, part, grid.style);
    grid.column += part.length;
    at += part.length;
  }
}

function printCharacter(grid: Grid, character: string, writing: Writing): void {
  const width = widthOf(character.codePointAt(0) ?? 0);
  if (width === 0 && writing.last_width > 0 && grid.column > 0) {
    join(grid.current, grid.column, character);
    return;
  }
  writing.last_width = width;
  if (grid.column + width > grid.columns) {
    if (writing.wraps) {
      for (let rest = grid.column; rest < grid.columns; rest++) grid.current.set(rest, BLANK, grid.style);
      wrap(grid);
    } else {
      grid.column = grid.columns - 1;
      if (width === 2) return;
    }
  }
  if (writing.inserts && grid.mayChange(grid.column))
    grid.current.insert(grid.column, width, grid.columns, grid.style);
  // Behind a full row there is no cell for a combining character that has nothing to join.
  if (grid.column < grid.columns) grid.current.set(grid.column, character, grid.style);
  grid.column++;
  if (width === 2) grid.current.set(grid.column++, SECOND_HALF, grid.style);
}

/** A combining character joins the one before the cursor. */
function join(row: Row, column: number, character: string): void {
  const at = row.isSecondHalfAt(column - 1) && column > 1 ? column - 2 : column - 1;
  const joined = (row.characterAt(at) === BLANK ? "" : row.characterAt(at)) + character;
  if (joined.length <= CELL_CHARS_MAX) row.set(at, joined, row.styleAt(at));
}

/** Text continues at the beginning of the next row. */
function wrap(grid: Grid): void {
  const full = grid.current;
  grid.column = 0;
  grid.index();
  if (grid.current !== full) full.is_continued = true;
}

/** The character before the cursor, to be repeated. */
export function precedingCharacter(grid: Grid, { last_width }: Writing): string {
  const character = last_width > 0 ? grid.current.characterAt(grid.column - last_width) : BLANK;
  return character === BLANK || isWide(character) !== (last_width === 2) ? "" : character;
}
