import { areBlank, BLANK, type Cells, SECOND_HALF, TAB, textOf } from "./cells.ts";
import { cellsOf, cutRuns, type Run, runsOf } from "./runs.ts";
import { PLAIN, type Style } from "./style.ts";
import { isWide } from "./widths.ts";

/** What a cell has that nothing has drawn, and what others have. */
const UNDRAWN = /[\0\t]/;
const DRAWN = /[^\0\t]/;

/**
 * A row of a screen. Most rows are narrow characters, written from left to right: those are runs of text, of which each UTF-16 unit is a
 * cell. Any other row has a list of cells. Cells beyond the row's length are blank.
 */
export class Row {
  /** The text continues in the next row, because it did not fit into this one. */
  is_continued = false;
  /** A line feed has ended it. */
  is_ended = false;
  /** It shows nothing: it has been removed from the screen, or is blank below the last text. */
  is_removed = false;
  /** The text has it, or will have it. */
  is_taken = false;
  /** The style of the cells beyond its length. */
  #beyond: Style;
  /** The first run, and those behind it. */
  #text = "";
  #style: Style = PLAIN;
  #more: Run[] | undefined;
  #cells: Cells | undefined;
  #length = 0;
  /** Whether it is blank, until it changes. */
  #is_blank: boolean | undefined;

  constructor(beyond: Style = PLAIN) {
    this.#beyond = beyond;
  }

  get length(): number {
    return this.#length;
  }

  /** What a cell shows: a character with its combining ones, `BLANK`, `SECOND_HALF`, or `TAB`. */
  characterAt(column: number): string {
    if (column >= this.#length) return BLANK;
    if (this.#cells) return this.#cells.characters[column] ?? BLANK;
    // From the end, where the cursor is in a row of runs.
    let start = this.#length;
    for (let at = (this.#more?.length ?? 0) - 1; at >= 0; at--) {
      const text = this.#more?.[at]?.text ?? "";
      start -= text.length;
      if (column >= start) return text.charAt(column - start);
    }
    return this.#text.charAt(column);
  }

  styleAt(column: number): Style {
    return column < this.#length ? (this.#toCells().styles[column] ?? PLAIN) : this.#beyond;
  }

  /** Writes narrow characters of which each is one UTF-16 unit. */
  write(column: number, text: string, style: Style): void {
    this.#is_blank = false;
    if (this.#cells === undefined && column === 0 && text.length >= this.#length) {
      this.#text = text;
      this.#style = style;
      this.#more = undefined;
      this.#length = text.length;
    } else if (this.#cells === undefined && column >= this.#length) {
      if (column > this.#length) this.#append(BLANK.repeat(column - this.#length), this.#beyond);
      this.#append(text, style);
    } else for (let at = 0; at < text.length; at++) this.set(column + at, text.charAt(at), style);
  }

  #append(text: string, style: Style): void {
    const last = this.#more?.at(-1);
    if (last?.style === style) last.text += text;
    else if (this.#more === undefined && this.#style === style) this.#text += text;
    else {
      this.#more ??= [];
      this.#more.push({ text, style });
    }
    this.#length += text.length;
  }

  #runs(): Run[] {
    return [{ text: this.#text, style: this.#style }, ...(this.#more ?? [])];
  }

  /** Puts a character, a half or a blank into a cell. */
  set(column: number, character: string, style: Style): void {
    this.#is_blank = undefined;
    const { characters, styles } = this.#toCells();
    while (characters.length < column) {
      characters.push(BLANK);
      styles.push(this.#beyond);
    }
    characters[column] = character;
    styles[column] = style;
    this.#length = characters.length;
  }

  /** A tab moves over cells that nothing has drawn yet. */
  tab(column: number, stop: number): void {
    if (column < this.#length) return;
    if (this.#cells === undefined && column === this.#length) {
      this.#append(TAB + BLANK.repeat(stop - column - 1), this.#beyond);
      return;
    }
    this.set(column, TAB, this.#beyond);
    if (stop > column + 1) this.set(stop - 1, BLANK, this.#beyond);
  }

  /** A wide character, half of which is overwritten, becomes blank. */
  #blankIfWide(column: number, blanked: number, style: Style): void {
    if (column >= 0 && this.isWideAt(column)) this.set(blanked, BLANK, style);
  }

  /** Whether nothing is drawn in it that takes a column. A drawn space is something. */
  get isBlank(): boolean {
    this.#is_blank ??= this.#cells ? areBlank(this.#cells.characters) : !DRAWN.test(this.#joined());
    return this.#is_blank;
  }

  /** Whether the second half of a wide character is in a column. */
  isSecondHalfAt(column: number): boolean {
    return column < this.#length && this.#cells?.characters[column] === SECOND_HALF;
  }

  /** Whether a wide character begins at a column. */
  isWideAt(column: number): boolean {
    return this.#cells !== undefined && isWide(this.characterAt(column));
  }

  /** Erases the cells from one column to before another. */
  erase(start: number, end: number, columns: number, style: Style): void {
    this.#blankIfWide(start - 1, start - 1, style);
    if (end < columns) {
      this.#blankIfWide(end - 1, end, style);
      if (start >= end) return;
      if (end > this.#length) this.set(end - 1, BLANK, style);
      this.#is_blank = undefined;
      const { characters, styles } = this.#toCells();
      characters.fill(BLANK, start, end);
      styles.fill(style, start, end);
      return;
    }
    this.#padTo(start, style);
    this.#truncate(start);
    this.#beyond = style;
    this.is_continued = false;
  }

  /** Erases the row. */
  clear(style: Style): void {
    this.#dropRuns();
    this.#cells = undefined;
    this.#is_blank = undefined;
    this.#length = 0;
    this.#beyond = style;
    this.is_continued = false;
  }

  /** Inserts blank cells. Those beyond the last column are lost. */
  insert(start: number, count: number, columns: number, style: Style): void {
    this.#blankIfWide(start - 1, start - 1, style);
    if (start >= this.#length && style.bg === this.#beyond.bg) return;
    this.#is_blank = undefined;
    const { characters, styles } = this.#toCells();
    if (start > this.#length) this.set(start - 1, BLANK, this.#beyond);
    const inserted = Math.min(count, columns - start);
    characters.splice(start, 0, ...Array<string>(inserted).fill(BLANK));
    styles.splice(start, 0, ...Array<Style>(inserted).fill(style));
    this.#length = characters.length;
    this.#truncate(columns);
    this.#blankIfWide(columns - 1, columns - 1, style);
  }

  /** Removes cells. Blank cells come in at the last column. */
  remove(start: number, count: number, columns: number, style: Style): void {
    this.#padTo(columns, style);
    this.#is_blank = undefined;
    const { characters, styles } = this.#toCells();
    const is_full = characters.length === columns;
    characters.splice(start, count);
    styles.splice(start, count);
    this.#length = characters.length;
    if (is_full) this.#beyond = style;
    this.#blankIfWide(start - 1, start - 1, style);
    if (this.isSecondHalfAt(start)) this.set(start, BLANK, style);
  }

  /** If the cells beyond the length are about to get another style, those up to a column become cells of their own. */
  #padTo(column: number, style: Style): void {
    if (column > this.#length && style.bg !== this.#beyond.bg) this.set(column - 1, BLANK, this.#beyond);
  }

  #truncate(length: number): void {
    if (length >= this.#length) return;
    this.#is_blank = undefined;
    if (this.#cells) this.#cells.characters.length = this.#cells.styles.length = length;
    else {
      if (this.#more) cutRuns(this.#more, this.#length, length);
      this.#text = this.#text.slice(0, length);
    }
    this.#length = length;
  }

  #toCells(): Cells {
    if (this.#cells) return this.#cells;
    this.#cells = cellsOf(this.#runs());
    this.#dropRuns();
    return this.#cells;
  }

  #dropRuns(): void {
    this.#text = "";
    this.#style = PLAIN;
    this.#more = undefined;
  }

  /** The text that the row shows. A tab is a tab, where nothing was drawn into its columns. */
  get text(): string {
    if (this.#cells) return textOf(this.#cells.characters);
    const text = this.#joined();
    return UNDRAWN.test(text) ? textOf([...text]) : text;
  }

  /** Whether the row shows just a text, in the plain style. */
  isJust(text: string): boolean {
    return (
      this.#cells === undefined && this.#more === undefined && this.#style === PLAIN && this.#text === text
    );
  }

  /** The text that the row shows, with its styles. */
  get runs(): Run[] {
    if (this.#cells) return runsOf(this.#cells);
    if (UNDRAWN.test(this.#joined())) return runsOf(cellsOf(this.#runs()));
    if (this.#more === undefined) return [{ text: this.#text, style: this.#style }];
    // Copies, because later text joins the row's own.
    return this.#runs().map((run) => ({ ...run }));
  }

  #joined(): string {
    if (this.#more === undefined) return this.#text;
    return this.#text + this.#more.map(({ text }) => text).join("");
  }
}
