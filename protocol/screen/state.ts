import { Grid, type ScreenSize } from "./grid.ts";
import { LineDrawing } from "./line-drawing.ts";
import type { Writing } from "./print.ts";
import type { Row } from "./row.ts";
import { PLAIN } from "./style.ts";
import { TabStops } from "./tabs.ts";

const DEFAULT_WRITING: Writing = { wraps: true, inserts: false, last_width: 0 };

/** What a terminal remembers: its two screens, and the modes that programs set. */
export class ScreenState {
  readonly normal: Grid;
  readonly tabs: TabStops;
  readonly drawing = new LineDrawing();
  readonly writing: Writing = { ...DEFAULT_WRITING };
  /** The one of the two screens that is shown. */
  grid: Grid;
  /** The other screen, once a program has used it. It begins blank each time. */
  #alternate: Grid | undefined;
  readonly #size: ScreenSize;
  /** A terminal's driver would make line feeds return. No program can change that. */
  readonly #always_returns: boolean;
  /** LNM: the program has asked for line feeds that return. */
  #returns_by_mode = false;

  constructor(size: ScreenSize, returns: boolean, onLeave: (row: Row) => void) {
    this.normal = new Grid(size, onLeave);
    this.#size = size;
    this.grid = this.normal;
    this.tabs = new TabStops();
    this.#always_returns = returns;
  }

  /** A line feed also returns to the first column. */
  get returns(): boolean {
    return this.#always_returns || this.#returns_by_mode;
  }

  save(): void {
    const { column, row, style, left } = this.grid;
    this.grid.saved = { column, row: left + row, style, is_drawing_lines: this.drawing.isOn };
  }

  restore(): void {
    const { column, row, style, is_drawing_lines } = this.grid.saved;
    this.grid.column = column;
    this.grid.row = Math.max(0, row - this.grid.left);
    this.grid.style = style;
    this.drawing.isOn = is_drawing_lines;
    this.grid.limitCursor();
  }

  /** Sets or resets a mode of ANSI. */
  setMode(mode: number, on: boolean): void {
    if (mode === 4) this.writing.inserts = on;
    else if (mode === 20) this.#returns_by_mode = on;
  }

  /** Sets or resets a private mode. */
  setPrivateMode(mode: number, on: boolean): void {
    switch (mode) {
      case 6:
        this.grid.is_origin_at_top = on;
        this.grid.moveTo(0, 0);
        break;
      case 7:
        this.writing.wraps = on;
        break;
      case 1048:
        if (on) this.save();
        else this.restore();
        break;
      case 1049:
        if (on) this.save();
        this.#showAlternate(on);
        if (!on) this.restore();
        break;
      case 47:
      case 1047:
        this.#showAlternate(on);
    }
  }

  /** DECSTR: the modes as they were at first. The screen stays. */
  resetModes(): void {
    this.grid.resetRegion();
    this.grid.style = PLAIN;
    this.grid.saved = { column: 0, row: this.grid.left, style: PLAIN, is_drawing_lines: false };
    this.drawing.reset();
    Object.assign(this.writing, DEFAULT_WRITING);
    this.grid.is_origin_at_top = false;
  }

  /** RIS: everything as it was at first. What is on the screen leaves it, as when a program clears it. */
  reset(): void {
    this.#showAlternate(false);
    this.resetModes();
    this.normal.scrollAway();
    this.normal.column = 0;
    this.normal.row = 0;
    this.tabs.reset();
    this.#returns_by_mode = false;
  }

  #showAlternate(on: boolean): void {
    if (on === (this.grid !== this.normal)) return;
    const { column, row, style, is_origin_at_top, erased } = this.grid;
    // What is hidden takes no memory.
    for (const row of this.#alternate?.rows ?? []) row.clear(PLAIN);
    if (on) {
      this.#alternate ??= new Grid(this.#size);
      this.#alternate.resetRegion();
      for (const blank of this.#alternate.rows) blank.clear(erased);
    }
    this.grid = on && this.#alternate ? this.#alternate : this.normal;
    Object.assign(this.grid, { column, row, style, is_origin_at_top });
  }
}
