/** The size of a terminal. */
export interface Size {
  columns: number;
  rows: number;
}

/** Columns and rows that a move may name. */
const MOVE_MAX = 9_999;

const TAB_COLUMNS = 8;

/**
 * The rows that this command has printed at a terminal, and the cursor's row among them. Moves and clearing stay within them. Only
 * line feeds are counted: if lines wrap, there are more rows than are known, and never fewer.
 */
export class OwnRows {
  readonly #size: () => Size;
  #row = 0;
  #last = 0;
  /** An upper bound of the cursor's column: each character counts as a wide one. */
  #column_max = 0;

  constructor(size: () => Size) {
    this.#size = size;
  }

  /** The text printed so far leaves these rows: the next text begins new ones. */
  restart(): void {
    this.#row = 0;
    this.#last = 0;
    this.#column_max = 0;
  }

  /** Moves the cursor to the last of these rows. */
  leave(): string {
    return this.#moveTo(this.#last);
  }

  text(text: string): string {
    this.#advance(2 * text.length);
    return text;
  }

  control(character: string): string {
    if (character === "\n") {
      this.#row++;
      this.#last = Math.max(this.#last, this.#row);
      this.#column_max = 0;
    } else if (character === "\r") this.#column_max = 0;
    else if (character === "\t") this.#column_max += TAB_COLUMNS;
    else if (character !== "\b") return "";
    return character;
  }

  /** Limits a control sequence to these rows: it returns the same sequence, a shorter move, or nothing. */
  sequence(parameters: string, final: string): string {
    const [first, second] = parameters.split(";").map(numberOf);
    const count = Math.max(1, first ?? 1);
    switch (final) {
      case "A":
        return this.#moveTo(this.#row - count);
      case "F":
        return `${this.#moveTo(this.#row - count)}${this.control("\r")}`;
      case "B":
      case "e":
        return this.#moveTo(this.#row + count);
      case "E":
        return `${this.#moveTo(this.#row + count)}${this.control("\r")}`;
      case "H":
      case "f":
        return `${this.#moveTo(this.#top + count - 1)}${this.#toColumn(Math.max(1, second ?? 1))}`;
      case "d":
        return this.#moveTo(this.#top + count - 1);
      case "C":
      case "a":
        this.#column_max += count;
        return `\u001b[${count}C`;
      case "D":
        return `\u001b[${count}D`;
      case "G":
      case "`":
        return this.#toColumn(count);
      case "@":
      case "P":
      case "X":
        return `\u001b[${count}${final}`;
      case "K":
        return (first ?? 0) <= 2 ? `\u001b[${first ?? 0}K` : "";
      case "J":
        return this.#clear(first ?? 0);
      default:
        return "";
    }
  }

  /** The first of these rows that is still on the screen. */
  get #top(): number {
    return Math.max(0, this.#last - (this.#size().rows - 1));
  }

  #moveTo(row: number): string {
    const to = Math.min(Math.max(row, this.#top), this.#last);
    const by = to - this.#row;
    this.#row = to;
    if (by === 0) return "";
    return by < 0 ? `\u001b[${-by}A` : `\u001b[${by}B`;
  }

  #toColumn(column: number): string {
    this.#column_max = column;
    return `\u001b[${column}G`;
  }

  /** If the text may have wrapped, the cursor is lower than counted, so the rows below it are no longer known. */
  #advance(columns: number): void {
    this.#column_max += columns;
    if (this.#column_max > this.#size().columns) this.#last = this.#row;
  }

  /** Clears row by row: the terminal's own sequence would also clear rows that are not these. */
  #clear(which: number): string {
    const at = this.#row;
    if (which === 0) return `\u001b[K${this.#clearRows(at + 1, this.#last)}${this.#moveTo(at)}`;
    if (which === 1) return `\u001b[1K${this.#clearRows(this.#top, at - 1)}${this.#moveTo(at)}`;
    if (which === 2) return `${this.#clearRows(this.#top, this.#last)}${this.#moveTo(at)}`;
    return "";
  }

  #clearRows(from: number, to: number): string {
    let cleared = "";
    for (let row = from; row <= to; row++) cleared += `${this.#moveTo(row)}\u001b[2K`;
    return cleared;
  }
}

function numberOf(parameter: string): number | undefined {
  return /^\d+$/.test(parameter) ? Math.min(Number(parameter), MOVE_MAX) : undefined;
}
