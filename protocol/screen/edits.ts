import type { Grid } from "./grid.ts";
import type { Effect } from "./moves.ts";
import { PLAIN } from "./style.ts";

/** The sequences that erase, insert, delete and scroll, by their final characters. */
export const EDITS: Record<string, Effect> = {
  /** ICH: insert characters */
  "@": (grid, count) => {
    grid.limitCursor();
    if (!grid.mayChange(grid.column)) return;
    grid.current.insert(grid.column, Math.min(count || 1, grid.reach), grid.columns, grid.erased);
  },
  /** ED: erase in display */
  J: eraseInDisplay,
  /** EL: erase in line */
  K: (grid, which) => {
    grid.limitCursor(grid.columns);
    const { columns, column } = grid;
    if (which === 0) grid.current.erase(column, columns, columns, grid.erased);
    else if (which === 1) eraseBefore(grid);
    else if (which === 2) grid.current.clear(grid.erased);
  },
  /** IL: insert lines */
  L: (grid, count) => moveLines(grid, -(count || 1)),
  /** DL: delete lines */
  M: (grid, count) => moveLines(grid, count || 1),
  /** DCH: delete characters */
  P: (grid, count) => {
    grid.limitCursor();
    if (!grid.mayChange(grid.column)) return;
    grid.current.remove(grid.column, count || 1, grid.reach, grid.erased);
  },
  /** SU: scroll up */
  S: (grid, count) => grid.moveRows(grid.top, grid.bottom, count || 1),
  /** SD: scroll down */
  T: (grid, count) => grid.moveRows(grid.top, grid.bottom, -(count || 1), PLAIN),
  /** ECH: erase characters */
  X: (grid, count) => {
    grid.limitCursor();
    const end = grid.reachable(Math.min(grid.columns, grid.column + (count || 1)));
    if (grid.mayChange(grid.column, end)) grid.current.erase(grid.column, end, grid.columns, grid.erased);
  },
};

/**
 * Erases below, above, or all. Erasing all scrolls what is on the screen away, as many terminals do: a log keeps what was printed before a
 * program cleared the screen. For the same reason, erasing the rows that have left (3) has no effect.
 */
function eraseInDisplay(grid: Grid, which: number): void {
  grid.limitCursor(grid.columns);
  const { columns, column, row } = grid;
  if (which === 0) {
    grid.current.erase(column, columns, columns, grid.erased);
    for (let below = row + 1; below < grid.height; below++) grid.rowAt(below).clear(grid.erased);
  } else if (which === 1) {
    eraseBefore(grid);
    for (let above = 0; above < row; above++) grid.rowAt(above).clear(grid.erased);
  } else if (which === 2) grid.scrollAway();
}

/** Erases the cells from the row's first one to the cursor's. */
function eraseBefore(grid: Grid): void {
  const end = grid.column + 1;
  if (grid.mayChange(0, end)) grid.current.erase(0, end, grid.columns, grid.erased);
}

/** Moves the rows from the cursor's to the region's end. */
function moveLines(grid: Grid, by: number): void {
  grid.limitCursor();
  if (grid.row < grid.top || grid.row > grid.bottom) return;
  grid.moveRows(grid.row, grid.bottom, by);
  grid.column = 0;
}
