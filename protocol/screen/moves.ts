import type { Grid } from "./grid.ts";

/** What a control sequence does with a screen. A number that is missing is 0. */
export type Effect = (grid: Grid, first: number, second: number) => void;

/** The sequences that move the cursor, by their final characters. */
export const MOVES: Record<string, Effect> = {
  /** CUU: cursor up */
  A: (grid, count) => moveUp(grid, count || 1),
  /** CUD: cursor down */
  B: (grid, count) => moveDown(grid, count || 1),
  /** CUF: cursor forward */
  C: (grid, count) => grid.moveBy(count || 1, 0),
  /** CUB: cursor backward */
  D: (grid, count) => grid.moveBy(-(count || 1), 0),
  /** CNL: cursor next line */
  E: (grid, count) => {
    moveDown(grid, count || 1);
    grid.column = 0;
  },
  /** CPL: cursor preceding line */
  F: (grid, count) => {
    moveUp(grid, count || 1);
    grid.column = 0;
  },
  /** CHA: cursor character absolute */
  G: moveToColumn,
  /** CUP: cursor position */
  H: (grid, row, column) => grid.moveTo((column || 1) - 1, (row || 1) - 1),
  /** HPA: character position absolute */
  "`": moveToColumn,
  /** HPR: character position relative */
  a: (grid, count) => grid.moveBy(count || 1, 0),
  /** VPA: line position absolute */
  d: (grid, row) => grid.moveTo(grid.column, (row || 1) - 1),
  /** VPR: line position relative */
  e: (grid, count) => grid.moveBy(0, count || 1),
  /** HVP: character and line position */
  f: (grid, row, column) => grid.moveTo((column || 1) - 1, (row || 1) - 1),
};

function moveToColumn(grid: Grid, column: number): void {
  grid.column = (column || 1) - 1;
  grid.limitCursor();
}

/** A cursor that is not above the region stays below its top. */
function moveUp(grid: Grid, count: number): void {
  const room = grid.row - grid.top;
  grid.moveBy(0, -(room >= 0 ? Math.min(room, count) : count));
}

function moveDown(grid: Grid, count: number): void {
  const room = grid.bottom - grid.row;
  grid.moveBy(0, room >= 0 ? Math.min(room, count) : count);
}
