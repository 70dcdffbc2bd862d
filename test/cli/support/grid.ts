/**
 * A small terminal that knows the sequences that the filter may pass, and fails at all others. Its screen also has rows of
 * other programs, and it tells whether these have changed.
 */
export class Grid {
  readonly columns: number;
  readonly rows: number;
  readonly #cells: string[][];
  #row: number;
  #column = 0;
  /** A character is in the last column: the next one wraps. */
  #wraps = false;
  #scrolled = 0;
  /** The row of this screen at which the command began, and the number of rows that it has printed. */
  readonly #first: number;
  #last: number;

  constructor(columns: number, rows: number, first: number) {
    this.columns = columns;
    this.rows = rows;
    this.#cells = Array.from({ length: rows }, (_, row) =>
      Array(columns).fill(row === first ? " " : FOREIGN),
    );
    this.#row = first;
    this.#first = first;
    this.#last = first;
  }

  write(text: string): void {
    for (let at = 0; at < text.length; ) {
      const [whole, character, parameters = "", final = ""] = SHOWN.exec(text.slice(at)) ?? [];
      if (whole === undefined) throw new Error(`not to be shown: ${JSON.stringify(text.slice(at, at + 20))}`);
      at += whole.length;
      if (character !== undefined) this.#put(character);
      else this.#move(Number(parameters.split(";")[0] || "0"), final);
    }
  }

  /** Whether the rows of other programs are unchanged, and the cursor is in a row of the command. */
  get isUnharmed(): boolean {
    const top = this.#first - this.#scrolled;
    const bottom = this.#last - this.#scrolled;
    return (
      this.#row >= top &&
      this.#row <= bottom &&
      this.#cells.every(
        (cells, row) => (row >= top && row <= bottom) || cells.every((cell) => cell === FOREIGN),
      )
    );
  }

  get lines(): string[] {
    return this.#cells.map((cells) => cells.join("").trimEnd());
  }

  #put(character: string): void {
    if (character === "\n") {
      // A line feed returns too, as a terminal's driver makes it.
      this.#column = 0;
      this.#wraps = false;
      this.#down();
    } else if (character === "\r") this.#toColumn(0);
    else if (character === "\b") this.#toColumn(this.#column - 1);
    else if (character === "\t") this.#toColumn((Math.floor(this.#column / 8) + 1) * 8);
    else this.#draw(character);
  }

  #draw(character: string): void {
    if (this.#wraps) {
      this.#column = 0;
      this.#wraps = false;
      this.#down();
    }
    this.#line[this.#column] = character;
    if (this.#column === this.columns - 1) this.#wraps = true;
    else this.#column++;
  }

  #down(): void {
    if (this.#row === this.rows - 1) {
      this.#cells.shift();
      this.#cells.push(Array(this.columns).fill(" "));
      this.#scrolled++;
    } else this.#row++;
    const isNew = this.#row + this.#scrolled > this.#last;
    this.#last = Math.max(this.#last, this.#row + this.#scrolled);
    if (isNew) this.#line.fill(" ");
  }

  #move(given: number, final: string): void {
    const count = Math.max(1, given);
    if (final === "A") this.#row = Math.max(0, this.#row - count);
    else if (final === "B") this.#row = Math.min(this.rows - 1, this.#row + count);
    else if (final === "C") this.#toColumn(this.#column + count);
    else if (final === "D") this.#toColumn(this.#column - count);
    else if (final === "G") this.#toColumn(count - 1);
    else if (final === "K")
      this.#line.fill(" ", given === 0 ? this.#column : 0, given === 1 ? this.#column + 1 : this.columns);
    else if (final === "X") this.#line.fill(" ", this.#column, this.#column + count);
  }

  #toColumn(column: number): void {
    this.#column = Math.min(Math.max(column, 0), this.columns - 1);
    this.#wraps = false;
  }

  get #line(): string[] {
    return this.#cells[this.#row] ?? [];
  }
}

const FOREIGN = "#";

/** The parts that the filter may pass: text, four controls, or a sequence. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
export const SHOWN = /^(?:([^\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f])|\x1b\[([\d:;]*)([ABCDGKPX@m]))/u;
