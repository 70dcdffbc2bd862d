import { type Receiver, type Sequence, SequenceParser } from "../../protocol/screen/parser.ts";
import { numbersOf, restyle } from "../../protocol/screen/sgr.ts";
import { PLAIN, type Style } from "../../protocol/screen/style.ts";

/** Text of one style. */
export interface Run {
  text: string;
  style: Style;
}

/** One column of a row. */
export interface Cell {
  text: string;
  style: Style;
}

/** The most columns of a row. */
const COLUMNS_MAX = 16 * 1024;

/**
 * The most cells that the sequences of one text may erase or move; further sequences are ignored. Otherwise a line of
 * sequences would take quadratic time.
 */
const TOUCHED_MAX = 1_000_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject of this expression.
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;
const ATTACHED = /^(?:\p{M}|\u200d|\ufe0f)$/u;
const TAB_COLUMNS = 8;

/** A terminal's pen: turns text and escape sequences into the cells of a row, or of several rows. */
export class Pen {
  style: Style = PLAIN;
  column = 0;
  #touched = 0;

  /**
   * Draws text on a row of cells. `onVertical` gets the rows that the cursor moves down (up if negative), and returns the
   * row to continue on.
   */
  write(cells: Cell[], text: string, onVertical: (rows: number) => Cell[]): void {
    let row = cells;
    this.#touched = 0;
    const receiver: Receiver = {
      print: (printed) => this.#print(row, printed),
      control: (code) => this.#print(row, String.fromCharCode(code)),
      escape: () => undefined,
      sequence: (sequence) => {
        row = this.#control(row, sequence, onVertical);
      },
      command: (command) => this.#link(command),
    };
    if (CONTROLS.test(text)) new SequenceParser().parse(text, receiver);
    else this.#print(row, text);
  }

  #print(cells: Cell[], text: string): void {
    for (const character of text) {
      const unit = character.charCodeAt(0);
      if (unit === 0x0d) this.column = 0;
      else if (unit === 0x08) this.column = Math.max(0, this.column - 1);
      else if (unit === 0x09) this.#moveTo((Math.floor(this.column / TAB_COLUMNS) + 1) * TAB_COLUMNS, cells);
      else if (unit < 0x20 || (unit >= 0x7f && unit < 0xa0)) continue;
      else if (ATTACHED.test(character) && this.column > 0) attach(cells, this.column - 1, character);
      else if (this.column < COLUMNS_MAX) {
        fill(cells, this.column);
        cells[this.column++] = { text: character, style: this.style };
      }
    }
  }

  /** A tab moves the cursor without erasing. */
  #moveTo(column: number, cells: Cell[]): void {
    this.column = Math.min(column, COLUMNS_MAX);
    fill(cells, this.column);
  }

  #control(
    cells: Cell[],
    { prefix, parameters, intermediates, final }: Sequence,
    onVertical: (rows: number) => Cell[],
  ): Cell[] {
    if (prefix !== "" || intermediates !== "") return cells;
    const [first = 0] = numbersOf(parameters);
    const count = Math.max(1, first);
    switch (final) {
      case "m":
        this.style = restyle(this.style, parameters);
        break;
      case "C":
        this.column = Math.min(COLUMNS_MAX, this.column + count);
        break;
      case "D":
        this.column = Math.max(0, this.column - count);
        break;
      case "G":
        this.column = Math.min(COLUMNS_MAX, count - 1);
        break;
      case "K":
      case "J":
        if (this.#mayTouch(cells)) erase(cells, this.column, first);
        break;
      case "P":
        if (this.#mayTouch(cells)) cells.splice(this.column, count);
        break;
      case "A":
        return onVertical(-count);
      case "B":
        return onVertical(count);
      case "F":
        this.column = 0;
        return onVertical(-count);
      case "E":
        this.column = 0;
        return onVertical(count);
    }
    return cells;
  }

  /** Counts the cells that a sequence touches; false once there were too many. */
  #mayTouch({ length }: Cell[]): boolean {
    this.#touched += Math.max(length, this.column);
    return this.#touched <= TOUCHED_MAX;
  }

  #link(command: string): void {
    const [, uri] = /^8;[^;]*;(.*)$/s.exec(command) ?? [];
    if (uri === undefined) return;
    const { href: _, ...style } = this.style;
    this.style = /^https?:\/\//i.test(uri) ? { ...style, href: uri } : style;
  }
}

/** A line as a terminal of one row shows it. */
export function drawLine(text: string): Run[] {
  if (!CONTROLS.test(text)) return text === "" ? [] : [{ text, style: PLAIN }];
  const cells: Cell[] = [];
  new Pen().write(cells, text, () => cells);
  return runsOf(cells);
}

/** Cells as runs of text with equal style. */
export function runsOf(cells: Cell[]): Run[] {
  const runs: Run[] = [];
  let last: Run | undefined;
  for (const { text, style } of cells) {
    if (last?.style === style) last.text += text;
    else {
      last = { text, style };
      runs.push(last);
    }
  }
  return runs;
}

function fill(cells: Cell[], column: number): void {
  while (cells.length < column) cells.push(BLANK);
}

const BLANK: Cell = { text: " ", style: PLAIN };

/** Characters of one cell: further combining marks are dropped. */
const CELL_CHARS_MAX = 8;

function attach(cells: Cell[], column: number, mark: string): void {
  const cell = cells[column];
  if (cell && cell.text.length < CELL_CHARS_MAX) cells[column] = { ...cell, text: cell.text + mark };
}

function erase(cells: Cell[], column: number, how: number): void {
  if (how === 0) cells.length = Math.min(cells.length, column);
  else if (how === 2) cells.length = 0;
  else if (how === 1) for (let at = 0; at <= column && at < cells.length; at++) cells[at] = BLANK;
}
