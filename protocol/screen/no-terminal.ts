import type { ScreenSize } from "./grid.ts";

/**
 * Output without a terminal: this many rows to which a cursor can return. A line that is longer than the columns continues in the next
 * row, so that a row has a bound; its text is one line.
 */
export const NO_TERMINAL: ScreenSize = { columns: 4_096, rows: 100, reach: 256 };

/** A screen without text takes as much memory as this many cells. */
export const SCREEN_CELLS = 1024;

/** Cells of all screens of the sources that one reader draws. Beyond it, the screens that were silent for longest end. */
export const SCREENS_CELLS_MAX = 2 * 1024 * 1024;
