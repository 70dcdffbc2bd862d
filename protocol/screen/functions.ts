import type { Grid } from "./grid.ts";
import type { ScreenState } from "./state.ts";
import { TAB_COLUMNS } from "./tabs.ts";

/** What a control function does with a terminal. */
type Effect = (state: ScreenState) => void;

/** Control characters of 7 bits, except the line feeds. */
export const CONTROLS: Record<number, Effect> = {
  /** BS: backspace */
  8: ({ grid }) => {
    grid.limitCursor();
    grid.column = Math.max(0, grid.column - 1);
  },
  /** HT: tab */
  9: (state) => tab(state, 1),
  /** CR: carriage return */
  13: ({ grid }) => {
    grid.column = 0;
  },
  /** SO, SI: other letters, and back */
  14: ({ drawing }) => drawing.use(1),
  15: ({ drawing }) => drawing.use(0),
};

/** Sequences of `ESC` and one character. Those with a capital letter also are a control character of 8 bits. */
export const ESCAPES: Record<string, Effect> = {
  /** DECSC, DECRC: save and restore the cursor */
  "7": (state) => state.save(),
  "8": (state) => state.restore(),
  /** IND: index */
  D: ({ grid }) => index(grid),
  /** NEL: next line */
  E: ({ grid }) => nextLine(grid),
  /** HTS: tab set */
  H: ({ grid, tabs }) => tabs.set(grid.column),
  /** RI: reverse index */
  M: ({ grid }) => grid.reverseIndex(),
  /** RIS: full reset */
  c: (state) => state.reset(),
};

/** Control sequences that need more than the rows and the cursor, by their final characters. */
export const SEQUENCES: Record<string, (state: ScreenState, first: number, second: number) => void> = {
  /** CHT: cursor forward by tabs */
  I: (state, count) => tab(state, count || 1),
  /** CBT: cursor backward by tabs */
  Z: ({ grid, tabs }, count) => {
    if (grid.column >= grid.columns || !grid.mayChange(0, grid.column)) return;
    for (let left = Math.min(count || 1, grid.columns); left > 0 && grid.column > 0; left--)
      grid.column = tabs.previous(grid.column);
  },
  /** TBC: tab clear */
  g: ({ grid, tabs }, which) => {
    if (which === 0) tabs.clear(grid.column);
    else if (which === 3) tabs.clearAll();
  },
  /** DECSTBM: scroll region */
  r: ({ grid }, first, last) => {
    const bottom = last === 0 || last > grid.height ? grid.height : last;
    if (bottom <= (first || 1)) return;
    grid.top = (first || 1) - 1;
    grid.bottom = bottom - 1;
    grid.moveTo(0, 0);
  },
  /** SCOSC, SCORC: save and restore the cursor */
  s: (state) => state.save(),
  u: (state) => state.restore(),
};

function tab({ grid, tabs }: ScreenState, count: number): void {
  if (grid.column >= grid.columns) return;
  grid.stayInReach();
  const last = Math.min(grid.columns - 1, Math.max(grid.reach, grid.column + TAB_COLUMNS));
  for (let left = Math.min(count, grid.reach); left > 0 && grid.column < last; left--) {
    const stop = tabs.next(grid.column, last);
    if (stop > grid.column) grid.current.tab(grid.column, stop);
    grid.column = stop;
  }
}

function index(grid: Grid): void {
  grid.limitCursor();
  grid.index();
  grid.limitCursor();
}

function nextLine(grid: Grid): void {
  grid.column = 0;
  index(grid);
}
