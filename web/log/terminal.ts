import { type CODE, type CONTROL_CODE, parse } from "@ansi-tools/parser";

/** How a piece of text looks. A colour is one of the terminal's 16, or `#rrggbb`. */
export interface Style {
  fg?: number | string | undefined;
  bg?: number | string | undefined;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
  inverse?: boolean;
  strike?: boolean;
  hidden?: boolean;
  /** Where it leads: http or https, and nothing else. */
  href?: string | undefined;
}

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

const PLAIN: Style = {};

/** Columns of a row, whatever the cursor is told. */
const COLUMNS_MAX = 16 * 1024;

/**
 * Cells that one text may have erased or moved: beyond them it erases and moves no more. A line of nothing but sequences would
 * otherwise take time that grows with its square.
 */
const TOUCHED_MAX = 1_000_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;
const ATTACHED = /^(?:\p{M}|\u200d|\ufe0f)$/u;
const TAB_COLUMNS = 8;

/** A terminal of one row, or of as many as `rows` has: text and escape sequences in, cells out. */
export class Pen {
  style: Style = PLAIN;
  column = 0;
  #touched = 0;

  /** Draws text on a row of cells; gives the rows that the cursor is to go down by (up where negative) and stops there. */
  write(cells: Cell[], text: string, onVertical: (rows: number) => Cell[]): void {
    let row = cells;
    this.#touched = 0;
    for (const code of CONTROLS.test(text) ? parse(text) : [textCode(text)]) {
      if (code.type === "TEXT") this.#print(row, code.raw);
      else if (code.type === "OSC") this.#link(code);
      else if (code.type === "CSI") row = this.#control(row, code, onVertical);
    }
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

  /** A tab writes over nothing, but what is drawn behind it begins there. */
  #moveTo(column: number, cells: Cell[]): void {
    this.column = Math.min(column, COLUMNS_MAX);
    fill(cells, this.column);
  }

  #control(
    cells: Cell[],
    { command, params, parameterGroups }: CONTROL_CODE,
    onVertical: (rows: number) => Cell[],
  ): Cell[] {
    const count = Math.max(1, Number(params[0]) || 1);
    switch (command) {
      case "m":
        this.style = restyle(this.style, parameterGroups ?? params.map((param) => [param]));
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
        if (this.#mayTouch(cells)) erase(cells, this.column, Number(params[0]) || 0);
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

  /** What is erased before the cursor is filled again by what is drawn there. */
  #mayTouch({ length }: Cell[]): boolean {
    this.#touched += Math.max(length, this.column);
    return this.#touched <= TOUCHED_MAX;
  }

  #link({ command, params }: CONTROL_CODE): void {
    if (command !== "8") return;
    const uri = params.slice(1).join(";");
    const { href: _, ...style } = this.style;
    this.style = /^https?:\/\//i.test(uri) ? { ...style, href: uri } : style;
  }
}

/** A line as a terminal of one row leaves it. */
export function drawLine(text: string): Run[] {
  if (!CONTROLS.test(text)) return text === "" ? [] : [{ text, style: PLAIN }];
  const cells: Cell[] = [];
  new Pen().write(cells, text, () => cells);
  return runsOf(cells);
}

/** Cells as text of as few styles as there are. */
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

function textCode(raw: string): CODE {
  return { type: "TEXT", pos: 0, raw };
}

function fill(cells: Cell[], column: number): void {
  while (cells.length < column) cells.push(BLANK);
}

const BLANK: Cell = { text: " ", style: PLAIN };

/** Characters that one cell takes: a hostile heap of accents stays where it is, and small. */
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

/** A style after SGR parameters; what is not known changes nothing. */
function restyle(before: Style, groups: readonly (readonly string[])[]): Style {
  let style: Style = { ...before };
  const codes = groups.flatMap((group) => (group[1] === "2" ? trueColour(group) : group.map(codeOf)));
  if (codes.length === 0) codes.push(0);
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 0) style = style.href ? { href: style.href } : PLAIN;
    else if (code === 1) style = { ...style, bold: true };
    else if (code === 2) style = { ...style, dim: true };
    else if (code === 22) style = { ...style, bold: false, dim: false };
    else if (SWITCHES[code]) style = { ...style, ...SWITCHES[code] };
    else if (code >= 30 && code <= 37) style = { ...style, fg: code - 30 };
    else if (code >= 90 && code <= 97) style = { ...style, fg: code - 82 };
    else if (code >= 40 && code <= 47) style = { ...style, bg: code - 40 };
    else if (code >= 100 && code <= 107) style = { ...style, bg: code - 92 };
    else if (code === 39) style = { ...style, fg: undefined };
    else if (code === 49) style = { ...style, bg: undefined };
    else if (code === 38 || code === 48) {
      const { colour, taken } = extended(codes, at + 1);
      at += taken;
      if (colour !== undefined) style = { ...style, [code === 38 ? "fg" : "bg"]: colour };
    }
  }
  return style;
}

const SWITCHES: Record<number, Style> = {
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  8: { hidden: true },
  9: { strike: true },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  28: { hidden: false },
  29: { strike: false },
};

/** `38:2::r:g:b`, which may name a colour space, as the codes that semicolons write. */
function trueColour(group: readonly string[]): number[] {
  return [codeOf(group[0] ?? ""), 2, ...group.slice(-3).map(codeOf)];
}

function codeOf(param: string): number {
  return Number(param) || 0;
}

function extended(codes: number[], at: number): { colour: number | string | undefined; taken: number } {
  const byte = (offset: number) => Math.min(255, Math.max(0, codes[at + offset] || 0));
  if (codes[at] === 5) return { colour: paletteColour(byte(1)), taken: 2 };
  if (codes[at] === 2) return { colour: hex(byte(1), byte(2), byte(3)), taken: 4 };
  return { colour: undefined, taken: 0 };
}

/** One of the 256: the first 16 are the theme's, then a cube of six to the third, then greys. */
function paletteColour(index: number): number | string {
  if (index < 16) return index;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return hex(grey, grey, grey);
  }
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return hex(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

function hex(...channels: number[]): string {
  return `#${channels.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}
