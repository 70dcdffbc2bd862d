import unicode11 from "@xterm/addon-unicode11";
import headless, { type IBufferCell, type IBufferLine, type Terminal } from "@xterm/headless";
import { BLANK, SECOND_HALF, TAB } from "../../../protocol/screen/cells.ts";
import type { ScreenSize } from "../../../protocol/screen/grid.ts";
import type { Row } from "../../../protocol/screen/row.ts";
import { Screen } from "../../../protocol/screen/screen.ts";
import { type Style, TRUE_COLOUR } from "../../../protocol/screen/style.ts";
import { widthOf } from "../../../protocol/screen/widths.ts";

/** What xterm's terminal has besides what it publishes. */
interface Inner {
  _core: { _inputHandler: { parse(data: string): void } };
}

/** What xterm's cell has besides what it publishes. Two cells of the same numbers, and no kind of underline, have the same style. */
interface InnerCell {
  fg: number;
  bg: number;
  hasExtendedAttrs(): number;
  getUnderlineStyle(): number;
  getUnderlineColor(): number;
  isUnderlineColorDefault(): boolean;
  isUnderlineColorRGB(): boolean;
}

/** A terminal of xterm, which is used again and again: making one takes a millisecond. */
export class Reference {
  readonly #terminal: Terminal & Inner;

  constructor({ columns, rows }: ScreenSize) {
    const terminal = new headless.Terminal({
      cols: columns,
      rows,
      scrollback: 10_000,
      scrollOnEraseInDisplay: true,
      allowProposedApi: true,
      logLevel: "off",
    });
    terminal.loadAddon(new unicode11.Unicode11Addon());
    terminal.unicode.activeVersion = "11";
    this.#terminal = terminal as Terminal & Inner;
  }

  /** Writes an output to a fresh terminal. */
  write(output: string, returns: boolean): void {
    this.#terminal.reset();
    this.#terminal.options.convertEol = returns;
    // Where line feeds return, ours cannot be told not to. CAN ends a sequence of the program before.
    const input = returns ? output.replaceAll("\u001b[20l", "\u001b[20h") : output;
    this.#terminal._core._inputHandler.parse(`\u0018${input}`);
  }

  /** All rows, with those that have left, and the cursor. */
  read(): ShownScreen {
    const { active, normal } = this.#terminal.buffer;
    const left = Array.from({ length: normal.baseY }, (_, at) => normal.getLine(at));
    const shown = Array.from({ length: this.#terminal.rows }, (_, at) => active.getLine(active.baseY + at));
    const cell = active.getNullCell() as IBufferCell & InnerCell;
    return {
      left: left.map((line) => cellsOf(line, cell, this.#terminal.cols)),
      shown: shown.map((line) => cellsOf(line, cell, this.#terminal.cols)),
      cursor: { column: active.cursorX, row: active.cursorY },
    };
  }
}

/** A screen as a comparison sees it. A row is a text that has each cell's character, its columns and its style. */
export interface ShownScreen {
  left: string[];
  shown: string[];
  cursor: { column: number; row: number };
}

/** Writes the pieces of an output to our screen: every other one by its lines. */
export function ourScreen(pieces: readonly string[], size: ScreenSize, returns: boolean): ShownScreen {
  const left: Row[] = [];
  const screen = new Screen({ size, returns, onLeave: (row) => left.push(row) });
  for (const [at, piece] of pieces.entries()) {
    if (at % 2 === 0) screen.write(piece);
    else writeLines(screen, piece);
  }
  return {
    left: left.map((row) => ourCells(row, size.columns)),
    shown: screen.shown.rows.map((row) => ourCells(row, size.columns)),
    cursor: { column: screen.shown.column, row: screen.shown.row },
  };
}

function writeLines(screen: Screen, piece: string): void {
  const lines = piece.split("\n");
  const rest = lines.pop() ?? "";
  for (const line of lines) screen.writeLine(line);
  screen.write(rest);
}

function ourCells(row: Row, columns: number): string {
  let cells = "";
  for (let column = 0; column < columns; column++) {
    const character = row.characterAt(column);
    const is_empty = character === BLANK || character === TAB || character === SECOND_HALF;
    const width = is_empty ? 1 : widthOf(character.codePointAt(0) ?? 0);
    cells += `${is_empty ? "" : character}|${character === SECOND_HALF ? 0 : width}|`;
    cells += `${named(OUR_STYLES, row.styleAt(column), ourStyle)}\n`;
  }
  return cells;
}

/** The texts of styles: making one takes longer than all else of a cell. */
const OUR_STYLES = new Map<Style, string>();

function named<Key>(names: Map<Key, string>, key: Key, nameOf: (key: Key) => string): string {
  const name = names.get(key) ?? nameOf(key);
  if (names.size < 1_000) names.set(key, name);
  return name;
}

/** xterm dashes the underline of a link. */
function ourStyle(style: Style): string {
  const underline = style.href !== undefined && style.underline ? 5 : style.underline;
  const flags = [
    style.bold && "bold",
    style.dim && "dim",
    style.italic && "italic",
    underline && `underline ${underline}`,
    underline && style.underline_colour !== undefined && `in ${colour(style.underline_colour)}`,
    style.blink && "blink",
    style.inverse && "inverse",
    style.hidden && "hidden",
    style.strike && "strike",
    style.overline && "overline",
  ];
  return `${colour(style.fg)} on ${colour(style.bg)} ${flags.filter(Boolean).join(" ")}`;
}

function colour(value: number | undefined): string {
  if (value === undefined) return "default";
  return value < TRUE_COLOUR ? String(value) : `#${(value - TRUE_COLOUR).toString(16)}`;
}

function cellsOf(line: IBufferLine | undefined, cell: IBufferCell & InnerCell, columns: number): string {
  let cells = "";
  for (let column = 0; column < columns; column++) {
    line?.getCell(column, cell);
    const style = cell.hasExtendedAttrs()
      ? styleOf(cell)
      : named(STYLES, `${cell.fg} ${cell.bg}`, () => styleOf(cell));
    cells += `${cell.getChars()}|${cell.getWidth()}|${style}\n`;
  }
  return cells;
}

const STYLES = new Map<string, string>();

function styleOf(cell: IBufferCell & InnerCell): string {
  const colourOf = (is_default: boolean, is_rgb: boolean, value: number) =>
    is_default ? "default" : is_rgb ? `#${value.toString(16)}` : String(value);
  const underline = cell.isUnderline() ? cell.getUnderlineStyle() : 0;
  const underline_colour = colourOf(
    cell.isUnderlineColorDefault(),
    cell.isUnderlineColorRGB(),
    cell.getUnderlineColor(),
  );
  const flags = [
    cell.isBold() && "bold",
    cell.isDim() && "dim",
    cell.isItalic() && "italic",
    underline > 0 && `underline ${underline}`,
    underline > 0 && underline_colour !== "default" && `in ${underline_colour}`,
    cell.isBlink() && "blink",
    cell.isInverse() && "inverse",
    cell.isInvisible() && "hidden",
    cell.isStrikethrough() && "strike",
    cell.isOverline() && "overline",
  ];
  const fg = colourOf(cell.isFgDefault(), cell.isFgRGB(), cell.getFgColor());
  const bg = colourOf(cell.isBgDefault(), cell.isBgRGB(), cell.getBgColor());
  return `${fg} on ${bg} ${flags.filter(Boolean).join(" ")}`;
}

/** The columns of a character by xterm's rules for Unicode 11. */
export const unicode11Width = ((): ((point: number) => number) => {
  let width: ((point: number) => number) | undefined;
  const register = (provider: { wcwidth: (point: number) => number }) => {
    width = (point) => provider.wcwidth(point);
  };
  new unicode11.Unicode11Addon().activate({ unicode: { register } } as unknown as Terminal);
  if (width === undefined) throw new Error("the addon has registered no widths");
  return width;
})();
