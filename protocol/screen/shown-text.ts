import type { Grid } from "./grid.ts";
import { NO_TERMINAL, SCREEN_CELLS } from "./no-terminal.ts";
import type { Row } from "./row.ts";
import { Screen } from "./screen.ts";
import { Sources } from "./sources.ts";

/** Rows that wait for changes, and cells in them. */
const HELD_ROWS_MAX = 400;
const HELD_CELLS_MAX = 256 * 1024;

export interface ShownTextOptions {
  /** A row is told at its line feed. Otherwise it is told late, so that it has what was drawn into it since. */
  at_once: boolean;
}

/**
 * The text that a terminal shows of an output, in the order of its line feeds. Each source (a stream, a host, a child) has a screen of its
 * own. Memory is bounded, for any output.
 */
export class ShownText {
  readonly #options: ShownTextOptions;
  readonly #screens = new Sources(() => this.#newScreen());
  /** Rows that are told later, and their cells when they came. */
  readonly #held: { row: Row; cells: number }[] = [];
  #held_cells = 0;
  #told = "";
  /** What was told does not end with a line feed. */
  #is_open = false;

  constructor(options: ShownTextOptions) {
    this.#options = options;
  }

  /** The cells of all screens. */
  get cells(): number {
    return this.#screens.cells;
  }

  /** Returns the text that the next piece of a source completes. */
  write(name: string, text: string): string {
    const ended = this.#screens.write(name, (screen) => {
      screen.write(text);
      return cellsOf(screen);
    });
    for (const screen of ended) this.#takeEnded(screen);
    return this.#tell();
  }

  /** Returns the rest of the text. */
  end(): string {
    for (const screen of this.#screens.end()) this.#takeEnded(screen);
    while (this.#held.length > 0) this.#tellOldest();
    return this.#tell();
  }

  #tell(): string {
    const told = this.#told;
    this.#told = "";
    return told;
  }

  #newScreen(): Screen {
    return new Screen({
      size: NO_TERMINAL,
      returns: true,
      onLineFeed: (screen) => this.#takeLine(screen),
      onLeave: (row) => {
        row.is_ended ||= !row.is_continued;
        this.#take(row);
      },
    });
  }

  /** Takes the rows of the line that ends in a row. */
  #takeLine(screen: Readonly<Grid>): void {
    let first = screen.row;
    while (first > 0 && screen.rowAt(first - 1).is_continued) first--;
    for (let row = first; row < screen.row; row++) this.#take(screen.rowAt(row));
    // A row that is drawn again is told again, if it is told at once.
    if (this.#options.at_once) screen.current.is_taken = false;
    this.#take(screen.current);
  }

  #take(row: Row): void {
    if (row.is_taken) return;
    row.is_taken = true;
    if (this.#options.at_once) {
      this.#tellRow(row);
      return;
    }
    this.#held.push({ row, cells: row.length });
    this.#held_cells += row.length;
    while (this.#held.length > HELD_ROWS_MAX || this.#held_cells > HELD_CELLS_MAX) this.#tellOldest();
  }

  #tellOldest(): void {
    const oldest = this.#held.shift();
    if (oldest === undefined) return;
    this.#held_cells -= oldest.cells;
    this.#tellRow(oldest.row);
  }

  #tellRow(row: Row): void {
    if (row.is_removed) return;
    if (this.#is_open) this.#told += "\n";
    this.#told += row.is_ended ? `${row.text}\n` : row.text;
    this.#is_open = !row.is_ended && !row.is_continued;
  }

  /** Takes what a screen shows at its end. */
  #takeEnded(screen: Screen): void {
    this.#takeScreen(screen.normal);
    if (screen.shown !== screen.normal) this.#takeScreen(screen.shown);
  }

  /** Blank rows below the last text are no lines, also where something was drawn before it was erased. */
  #takeScreen({ rows, row: cursor, column }: Readonly<Grid>): void {
    const last = Math.max(
      rows.findLastIndex((row) => !row.isBlank),
      cursor - 1,
    );
    for (const [at, row] of rows.entries()) {
      if (at > last) row.is_removed = true;
      else {
        row.is_ended ||= !row.is_continued && (at < last || at < cursor);
        if (this.#options.at_once && at === cursor && column > 0) this.#tellAgain(row);
        else this.#take(row);
      }
    }
  }

  /** A row that was told is being drawn again, and has no line feed yet. */
  #tellAgain(row: Row): void {
    row.is_taken = false;
    row.is_ended = false;
    this.#take(row);
  }
}

function cellsOf({ normal, shown }: Screen): number {
  const grids = shown === normal ? [normal] : [normal, shown];
  return grids.flatMap(({ rows }) => rows).reduce((sum, row) => sum + row.length, SCREEN_CELLS);
}

/** The text that a terminal shows of a whole output. */
export function shownText(output: string): string {
  const text = new ShownText({ at_once: false });
  return text.write("", output) + text.end();
}
