import type { Line } from "../../protocol/wire/lines.ts";
import { type Cell, Pen, type Run, runsOf } from "./terminal.ts";

/** A line as the page has it: what a terminal made of it where later output drew over it, or took it away. */
export interface ShownLine extends Line {
  /** Drawn over from below: what it looks like now. */
  drawn?: Cell[] | undefined;
  /** Its text is in the lines above it, so it takes no room. */
  folded?: boolean;
}

/** How far up a cursor may go: what is further up is out of a terminal's window too. */
const ROWS_MAX = 200;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const GOES_UP = /\x1b\[\d*[AF]/;

/**
 * Progress bars of several rows: lines that move the cursor up draw over lines that are there already. One for each stream
 * of each host. Where nothing moves up, lines are only remembered.
 */
export class Screen {
  readonly #rows: ShownLine[] = [];
  readonly #pen = new Pen();
  /** Rows above the next new one that the cursor is at; 0 is the next new one. */
  #up = 0;

  /** Takes a line that has ended, in order. */
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
      // It is a row of its own, and the line feed brings the cursor no nearer to the next.
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
