import type { Line } from "../../protocol/wire/lines.ts";
import { type Cell, Pen, type Run, runsOf } from "./terminal.ts";

/** A line as the page shows it: later output may have drawn over it, or removed it. */
export interface ShownLine extends Line {
  /** Its cells, if later output has drawn over it. */
  drawn?: Cell[] | undefined;
  /** Its text is drawn into the lines above, so it has no height. */
  folded?: boolean;
}

/** How far up a cursor may go. A terminal's window is not higher either. */
const ROWS_MAX = 200;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject of this expression.
const GOES_UP = /\x1b\[\d*[AF]/;

/**
 * The rows of one stream of one host, for progress bars of several rows: a line that moves the cursor up draws over earlier
 * lines. Other lines are only remembered.
 */
export class Screen {
  readonly #rows: ShownLine[] = [];
  readonly #pen = new Pen();
  /** How many rows above the next new row the cursor is; 0 is the next new row. */
  #up = 0;

  /** Takes the finished lines, in order. */
  take(line: ShownLine): void {
    if (this.#up === 0 && !GOES_UP.test(line.text)) {
      this.#keep(line);
      return;
    }
    this.#pen.column = 0;
    const started_below = this.#up === 0;
    const own: Cell[] = [];
    let target = this.#cellsAt(this.#up) ?? own;
    this.#pen.write(target, line.text, (rows) => {
      this.#up = Math.min(this.#rows.length, Math.max(0, this.#up - rows));
      target = this.#cellsAt(this.#up) ?? own;
      return target;
    });
    if (started_below && own.length > 0) {
      // It is a separate row, so its line feed does not move the cursor towards the next new row.
      line.drawn = own;
      this.#keep(line);
      return;
    }
    line.folded = true;
    this.#up = Math.max(0, this.#up - 1);
  }

  #cellsAt(up: number): Cell[] | undefined {
    const row = up === 0 ? undefined : this.#rows.at(-up);
    if (row === undefined) return undefined;
    row.drawn ??= cellsOf(row.text);
    return row.drawn;
  }

  #keep(line: ShownLine): void {
    this.#rows.push(line);
    if (this.#rows.length > ROWS_MAX) this.#rows.shift();
  }
}

/** A line's runs as it is shown now. */
export function shownRuns({ drawn }: ShownLine, otherwise: () => Run[]): Run[] {
  return drawn ? runsOf(drawn) : otherwise();
}

function cellsOf(text: string): Cell[] {
  const cells: Cell[] = [];
  new Pen().write(cells, text, () => cells);
  return cells;
}
