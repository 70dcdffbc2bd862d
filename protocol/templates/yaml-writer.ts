import type { Budget } from "../jinja/values/budget.ts";
import { refuseLong } from "./bounded-text.ts";
import { inDoubleQuotes, type ScalarStyle, styleOf } from "./yaml-scalar.ts";

/** Characters of a line after which a text goes on in the next. */
const LINE_CHARS = 80;

/** Steps of one piece of a text. */
const PUT_STEPS = 16;

/** A text of YAML that grows, with the column it has come to: libyaml breaks lines by columns. */
export class YamlWriter {
  readonly #budget: Budget;
  readonly #has_unicode: boolean;
  readonly #parts: string[] = [];
  #chars = 0;
  #column = 0;
  /** Whether the line has nothing but signs of lists and keys so far. */
  #is_indention = true;

  constructor(has_unicode: boolean, budget: Budget) {
    this.#has_unicode = has_unicode;
    this.#budget = budget;
  }

  get text(): string {
    return `${this.#parts.join("")}\n`;
  }

  /** Goes to a column of the present line, if it has nothing but signs, or of the next. */
  indent(to: number): void {
    if (!this.#is_indention || this.#column > to) this.#break();
    this.#put(" ".repeat(to - this.#column));
    this.#is_indention = true;
  }

  /** The sign of a list's item, or of a key that takes more than one line. */
  sign(sign: string): void {
    const was_indention = this.#is_indention;
    this.#put(this.#column > 0 && !this.#endsInSpace() ? ` ${sign}` : sign);
    this.#is_indention = was_indention;
  }

  colon(): void {
    this.#put(":");
    this.#is_indention = false;
  }

  /** A scalar: its lines begin at `indent`. A key takes no second line. */
  scalar(text: string, style: ScalarStyle, indent: number, is_key: boolean): void {
    if (this.#column > 0 && !this.#endsInSpace()) this.#put(" ");
    this.#is_indention = false;
    if (style === "plain") this.#plain(text, indent, is_key);
    else if (style === "single") this.#single(text, indent, is_key);
    else this.#double(text, indent, is_key);
    this.#is_indention = false;
  }

  styleOf(text: string): ScalarStyle {
    return styleOf(text, this.#has_unicode);
  }

  #plain(text: string, indent: number, is_key: boolean): void {
    for (const { piece, is_single, is_inside } of piecesOf(text)) {
      if (is_single && is_inside && !is_key && this.#column > LINE_CHARS) this.#nextLine(indent);
      else this.#put(piece);
    }
  }

  #single(text: string, indent: number, is_key: boolean): void {
    this.#put("'");
    let breaks = false;
    for (const { piece, is_single, is_inside } of piecesOf(text)) {
      if (/^[\n\u0085\u2028\u2029]/.test(piece)) {
        // One line end more than there are: a single one would be read as a space.
        if (piece.startsWith("\n")) this.#break();
        for (const sign of piece) sign === "\n" ? this.#break() : this.#put(sign);
        breaks = true;
        continue;
      }
      if (breaks) this.#nextLine(indent);
      breaks = false;
      if (is_single && is_inside && !is_key && this.#column > LINE_CHARS) this.#nextLine(indent);
      else this.#put(piece.replaceAll("'", "''"));
    }
    if (breaks) this.#nextLine(indent);
    this.#put("'");
  }

  #double(text: string, indent: number, is_key: boolean): void {
    this.#put('"');
    const characters = [...text];
    let was_space = false;
    for (const [at, character] of characters.entries()) {
      const is_inside = at > 0 && at < characters.length - 1;
      if (character === " " && !was_space && is_inside && !is_key && this.#column > LINE_CHARS) {
        this.#nextLine(indent);
        if (characters[at + 1] === " ") this.#put("\\");
      } else this.#put(inDoubleQuotes(character, this.#has_unicode));
      was_space = character === " ";
    }
    this.#put('"');
  }

  #nextLine(indent: number): void {
    if (this.#column > 0) this.#break();
    this.#put(" ".repeat(indent));
  }

  #break(): void {
    this.#put("\n");
    this.#column = 0;
  }

  #put(text: string): void {
    if (text === "") return;
    this.#chars += text.length;
    refuseLong(this.#chars);
    this.#budget.text(text.length);
    this.#budget.spend(PUT_STEPS);
    this.#parts.push(text);
    this.#column += [...text].length;
  }

  #endsInSpace(): boolean {
    return /[ \n]$/.test(this.#parts.at(-1) ?? "\n");
  }
}

interface Piece {
  piece: string;
  /** Whether it is one space and no more, at which a line may end. */
  is_single: boolean;
  /** Whether it is neither the first nor the last. */
  is_inside: boolean;
}

/** Words, the spaces between them, and line ends. */
function piecesOf(text: string): Piece[] {
  const pieces = text.match(/ +|[\n\u0085\u2028\u2029]+|[^ \n\u0085\u2028\u2029]+/g) ?? [];
  return pieces.map((piece, at) => ({
    piece,
    is_single: piece === " ",
    is_inside: at > 0 && at < pieces.length - 1,
  }));
}
