import { EDITS } from "./edits.ts";
import { CONTROLS, ESCAPES, SEQUENCES } from "./functions.ts";
import type { Grid, ScreenSize } from "./grid.ts";
import { MOVES } from "./moves.ts";
import { type Receiver, type Sequence, SequenceParser } from "./parser.ts";
import { isNarrow, precedingCharacter, print } from "./print.ts";
import type { Row } from "./row.ts";
import { numbersOf, restyle } from "./sgr.ts";
import { ScreenState } from "./state.ts";
import { PLAIN, type Style } from "./style.ts";

/** LF, VT and FF do the same. */
const LINE_FEED = 0x0a;
const FORM_FEED = 0x0c;

export interface ScreenOptions {
  size: ScreenSize;
  /** A line feed also returns to the first column. With a terminal, its driver has written the carriage return. */
  returns: boolean;
  /** A line feed ends the cursor's row. */
  onLineFeed?: (screen: Readonly<Grid>) => void;
  /** A row leaves the screen at its top. It does not change any more. */
  onLeave?: (row: Row) => void;
}

/** A terminal's screen: what it shows after an output. The output may be cut anywhere. */
export class Screen {
  readonly #parser = new SequenceParser();
  readonly #state: ScreenState;
  readonly #onLineFeed: ScreenOptions["onLineFeed"];
  readonly #receiver: Receiver = {
    print: (text) => {
      this.#grid.allowance.earn(text.length);
      this.#print(text);
    },
    control: (code) => {
      this.#grid.allowance.earn(1);
      this.#control(code);
    },
    escape: (intermediates, final) => this.#escape(intermediates, final),
    sequence: (sequence) => {
      this.#grid.allowance.earn(1);
      this.#sequence(sequence);
    },
    command: (text) => this.#command(text),
  };
  /** The first half of a character that the next piece completes. */
  #half = "";

  constructor({ size, returns, onLineFeed, onLeave }: ScreenOptions) {
    this.#state = new ScreenState(size, returns, (row) => onLeave?.(row));
    this.#onLineFeed = onLineFeed;
  }

  /** The rows that are shown, and the cursor. */
  get shown(): Readonly<Grid> {
    return this.#grid;
  }

  /** The normal screen, which an alternate one may hide. */
  get normal(): Readonly<Grid> {
    return this.#state.normal;
  }

  /** Whether the output so far ends within a sequence. */
  get isCut(): boolean {
    return this.#parser.isCut;
  }

  write(text: string): void {
    const whole = this.#half + text;
    const end = endsWithHalf(whole) ? whole.length - 1 : whole.length;
    this.#half = whole.slice(end);
    this.#parser.parse(this.#half === "" ? whole : whole.slice(0, end), this.#receiver);
  }

  /** Writes text and a line feed. Most lines are narrow text in a blank row: their characters are not looked at one by one. */
  writeLine(text: string): void {
    const grid = this.#grid;
    if (text === "" || !this.#isBeginningRow(grid) || text.length > grid.columns || !isNarrow(text)) {
      this.write(text);
      if (this.#half === "" && !this.#parser.isCut) this.#control(LINE_FEED);
      else this.write("\n");
      return;
    }
    grid.current.write(0, text, grid.style);
    grid.column = text.length;
    this.#control(LINE_FEED);
  }

  /** Whether text begins a blank row, with nothing before it that changes it. */
  #isBeginningRow({ column, current }: Grid): boolean {
    const { writing, drawing } = this.#state;
    const is_text = this.#half === "" && !this.#parser.isCut && !drawing.isOn;
    return is_text && column === 0 && current.length === 0 && writing.wraps && !writing.inserts;
  }

  get #grid(): Grid {
    return this.#state.grid;
  }

  #print(text: string): void {
    print(this.#grid, this.#state.drawing.translate(text), this.#state.writing);
  }

  #control(code: number): void {
    this.#state.writing.last_width = 0;
    if (code >= LINE_FEED && code <= FORM_FEED) this.#lineFeed();
    else if (code > 0x7f) ESCAPES[String.fromCharCode(code - 0x40)]?.(this.#state);
    else CONTROLS[code]?.(this.#state);
  }

  #lineFeed(): void {
    const grid = this.#grid;
    if (grid === this.#state.normal) {
      grid.current.is_continued = false;
      grid.current.is_ended = true;
      this.#onLineFeed?.(grid);
    }
    if (this.#state.returns) grid.column = 0;
    grid.index();
    if (grid.column >= grid.columns) grid.column--;
  }

  #escape(intermediates: string, final: string): void {
    this.#state.writing.last_width = 0;
    this.#state.drawing.escape(intermediates, final);
    if (intermediates === "") ESCAPES[final]?.(this.#state);
  }

  #sequence({ prefix, parameters, intermediates, final }: Sequence): void {
    const state = this.#state;
    if (final === "b" && prefix === "" && intermediates === "") this.#repeat(parameters);
    state.writing.last_width = 0;
    if (intermediates === "!" && prefix === "" && final === "p") state.resetModes();
    if (intermediates !== "") return;
    if (prefix === "?") this.#privateSequence(final, parameters);
    else if (prefix !== "") return;
    else if (final === "m") state.grid.style = restyle(state.grid.style, parameters);
    else if (final === "h" || final === "l")
      for (const mode of numbersOf(parameters)) state.setMode(mode, final === "h");
    else {
      const [first = 0, second = 0] = numbersOf(parameters);
      (MOVES[final] ?? EDITS[final])?.(state.grid, first, second);
      SEQUENCES[final]?.(state, first, second);
    }
  }

  #privateSequence(final: string, parameters: string): void {
    const [first = 0, ...others] = numbersOf(parameters);
    if (final === "h" || final === "l")
      for (const mode of [first, ...others]) this.#state.setPrivateMode(mode, final === "h");
    else if (final === "J" || final === "K") EDITS[final]?.(this.#grid, first, 0);
  }

  /** REP: repeats the character before. */
  #repeat(parameters: string): void {
    const [times = 0] = numbersOf(parameters);
    const repeated = precedingCharacter(this.#grid, this.#state.writing);
    const { reach, columns, height } = this.#grid;
    const times_max = reach < columns ? reach / (this.#state.writing.last_width || 1) : columns * height;
    this.#print(repeated.repeat(Math.min(times || 1, times_max)));
  }

  /** OSC 8 begins and ends a link. Other commands (titles, colours, the clipboard) have no effect. */
  #command(text: string): void {
    this.#state.writing.last_width = 0;
    const [, uri] = /^8;[^;]*;(.*)$/s.exec(text) ?? [];
    if (uri !== undefined) this.#grid.style = linked(this.#grid.style, uri);
  }
}

function linked(style: Style, uri: string): Style {
  const { href: _, ...rest } = style;
  if (/^https?:\/\//i.test(uri)) return { ...rest, href: uri };
  return Object.keys(rest).length === 0 ? PLAIN : rest;
}

/** Whether a text ends within a surrogate pair. */
function endsWithHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last < 0xdc00;
}
