import { CHUNK_BYTES_MAX } from "../base/limits.ts";
import { chunkSize, type OutputType } from "./chunk.ts";
import { plainDataAt, seqAt, typeAt } from "./line.ts";

/** Characters that are invalid within a JSON string, and between lines. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them.
const CONTROLS = /[\x00-\x09\x0b-\x1f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a range of ASCII begins with them.
const BEYOND_ASCII = /[^\x00-\x7f]/;

/** The characters of short escapes, as they are behind the backslash. */
const SHORT_ESCAPES = '"\\/bfnrt';
/** An escape of an ASCII character by its number, without the backslash. */
const LONG_ESCAPE = /u00[0-7][\da-f]/iy;
const LONG_LINE_FEED = "u000a";

/**
 * Reads the plain lines of a batch: text without a host, in canonical form. Nearly all lines are plain, and each line of each batch is
 * read. So this searches the text for what counts, and makes no object and no string of a line. `read` sets the fields.
 */
export class PlainLines {
  seq = 0;
  output_type: OutputType = "stdout";
  /** Bytes that the process wrote. */
  bytes = 0;
  /** Line feeds in the data. */
  line_count = 0;
  /** The place of the next line. */
  end = 0;
  readonly #text: string;
  readonly #is_ascii: boolean;
  readonly #is_plain: boolean;
  /** The next quote and backslash, at or behind the place that is being read. */
  #quote = -1;
  #backslash = -1;

  /** `size` is the text's length in UTF-8, if it is known. */
  constructor(text: string, size: number | undefined) {
    this.#text = text;
    this.#is_ascii = size === undefined ? !BEYOND_ASCII.test(text) : size === text.length;
    this.#is_plain = !CONTROLS.test(text) && text.isWellFormed();
  }

  /** Reads the line at a place, behind those that have been read. False, with fields of no meaning, if it is not plain. */
  read(start: number): boolean {
    const text = this.#text;
    const data_at = this.#is_plain ? plainDataAt(text, start) : 0;
    if (data_at === 0) return false;
    const escapes = this.#passData(data_at);
    const end = this.#quote + '"}'.length;
    if (escapes === undefined || !text.startsWith("}", this.#quote + 1) || !this.#endsAt(data_at, end))
      return false;
    this.seq = seqAt(text, start);
    this.output_type = typeAt(text, start);
    this.bytes = this.#sizeOf(data_at, this.#quote) - escapes;
    this.end = end + 1;
    return this.bytes <= CHUNK_BYTES_MAX;
  }

  /**
   * Finds the quote behind the data. Returns how many characters its escapes have beyond the bytes that they stand for; undefined if one
   * is invalid, or not of an ASCII character.
   */
  #passData(start: number): number | undefined {
    this.line_count = 0;
    let beyond = 0;
    for (let at = start; ; ) {
      if (this.#quote < at) this.#quote = placeOf('"', this.#text, at);
      if (this.#backslash < at) this.#backslash = placeOf("\\", this.#text, at);
      if (this.#backslash >= this.#quote) return beyond;
      const length = this.#passEscape(this.#backslash + 1);
      if (length === 0) return undefined;
      beyond += length;
      at = this.#backslash + 1 + length;
    }
  }

  /** The length of an escape behind its backslash. 0 if there is none. */
  #passEscape(at: number): number {
    const letter = this.#text[at] ?? "";
    if (letter === "n") this.line_count++;
    if (letter !== "" && SHORT_ESCAPES.includes(letter)) return 1;
    LONG_ESCAPE.lastIndex = at;
    if (!LONG_ESCAPE.test(this.#text)) return 0;
    const name = this.#text.slice(at, at + LONG_LINE_FEED.length);
    if (name.toLowerCase() === LONG_LINE_FEED) this.line_count++;
    return name.length;
  }

  /** Whether the next line feed is at a place, or the text ends there. */
  #endsAt(start: number, end: number): boolean {
    return placeOf("\n", this.#text, start) === end;
  }

  #sizeOf(start: number, end: number): number {
    return this.#is_ascii ? end - start : chunkSize({ data: this.#text.slice(start, end) });
  }
}

/** The next place of a character; the text's length if there is none. */
function placeOf(character: string, text: string, start: number): number {
  const at = text.indexOf(character, start);
  return at === -1 ? text.length : at;
}
