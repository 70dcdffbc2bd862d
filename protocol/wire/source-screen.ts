import { LINE_CHARS_MAX } from "../base/reader-limits.ts";
import type { Grid } from "../screen/grid.ts";
import { NO_TERMINAL, SCREEN_CELLS } from "../screen/no-terminal.ts";
import type { Row } from "../screen/row.ts";
import { Screen } from "../screen/screen.ts";
import { type ShownLine, settle } from "./shown-line.ts";

/**
 * The screen of one stream of one host or child. A row belongs to the line whose line feed was the first to end it; lines that only draw
 * on rows of others have none.
 */
export class SourceScreen {
  readonly #screen = new Screen({
    size: NO_TERMINAL,
    returns: true,
    onLineFeed: (grid) => {
      this.#ended = this.#takeDrawn(grid);
    },
    onLeave: (row) => {
      row.is_removed = false;
      if (!row.is_taken && this.#left.length < NO_TERMINAL.rows) this.#left.push(row);
    },
  });
  /** The rows of the line that has just ended. */
  #ended: Row[] | undefined;
  /** Rows that no line feed has ended before they left the screen. The next line gets them. */
  #left: Row[] = [];
  /** Lines with rows that output may still draw on. The next line takes the place of the oldest. */
  readonly #ring: ShownLine[] = [];
  #next = 0;
  /** Lines with rows that output may still draw on. */
  get changing(): readonly ShownLine[] {
    return this.#ring;
  }

  /** Draws a chunk's text, in which these lines end. Returns the cells of the rows then. */
  read(lines: readonly ShownLine[], text: string): number {
    const texts = text.split("\n");
    for (const [at, line] of lines.entries()) this.end(line, texts[at] ?? "");
    this.draw(texts.at(-1) ?? "");
    return this.#measure();
  }

  /** Draws text without a line feed. */
  draw(text: string): void {
    this.#screen.write(text);
  }

  /** Draws the rest of a line, and gives the line its rows. */
  end(line: ShownLine, text: string): void {
    this.#ended = undefined;
    this.#screen.writeLine(text);
    // The alternate screen has no rows of lines, and a line feed within a sequence ends none.
    const rows: readonly Row[] = this.#ended ?? [];
    line.rows = rows;
    if (rows.length === 0) {
      settle(line);
      return;
    }
    // Each line has a row at least, so the oldest has none on the screen any more.
    const oldest = this.#ring[this.#next];
    if (oldest) settle(oldest);
    this.#ring[this.#next] = line;
    this.#next = (this.#next + 1) % NO_TERMINAL.rows;
  }

  /** Blank rows below the last text and the cursor are not shown, also where something was drawn before it was erased. */
  #measure(): number {
    const { normal } = this.#screen;
    let cells = SCREEN_CELLS;
    let is_below = true;
    for (let at = normal.height - 1; at >= 0; at--) {
      const row = normal.rowAt(at);
      cells += row.length;
      is_below &&= at >= normal.row && row.isBlank;
      row.is_removed = is_below;
    }
    return cells;
  }

  /** The rows of the text that no line feed has ended yet; all of the alternate screen. */
  get open(): Row[] {
    const { shown, normal } = this.#screen;
    if (shown !== normal) return shown.rows.slice(0, shown.rows.findLastIndex((row) => !row.isBlank) + 1);
    return firstOf([...this.#left, ...normal.rows.filter((row) => !row.is_taken && !row.is_removed)]);
  }

  /** Takes the rows that no line has, to the cursor or the last text. */
  #takeDrawn(grid: Readonly<Grid>): Row[] {
    const rows = this.#left;
    this.#left = [];
    let first = grid.row;
    while (first > 0 && !grid.rowAt(first - 1).is_taken) first--;
    let last = grid.height - 1;
    while (last > grid.row && grid.rowAt(last).isBlank) last--;
    for (let at = first; at <= last; at++) {
      const row = grid.rowAt(at);
      row.is_removed = false;
      if (!row.is_taken) rows.push(row);
      row.is_taken = true;
    }
    return firstOf(rows);
  }
}

/** Rows, up to the text that a line may have. */
function firstOf(rows: Row[]): Row[] {
  let chars = 0;
  let count = 0;
  while (count < rows.length && chars < LINE_CHARS_MAX) chars += rows[count++]?.length ?? 0;
  return count < rows.length ? rows.slice(0, count) : rows;
}
