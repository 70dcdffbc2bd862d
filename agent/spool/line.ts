import type { Chunk } from "../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import type { Piece } from "./chunker.ts";

/** The bytes that end a line, after its data. */
const TAIL = Buffer.from('"}\n');

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const LETTER_U = 0x75;
const LETTER_0 = 0x30;
const HEX = Buffer.from("0123456789abcdef");

/** JSON writes a control byte as six. */
const ESCAPED_BYTES_MAX = 6;

/** For each byte that JSON escapes, the letter after its backslash; 0 for the others. */
const ESCAPES = new Uint8Array(256);
ESCAPES.fill(LETTER_U, 0, 0x20);
for (const [byte, letter] of ["\bb", "\tt", "\nn", "\ff", "\rr", '""', "\\\\"].map((two) => Buffer.from(two)))
  ESCAPES[byte ?? 0] = letter ?? 0;

/** The memory of one line, which all spools share: a line is written before the next one is made. */
let scratch = Buffer.alloc(0);

/**
 * The bytes of a chunk's line, as `encodeChunk` writes it. They are valid until the next line is made. Text stays bytes on the way:
 * as a string, each byte would be copied twice more, into memory that has to be collected.
 */
export function encodeLine(chunk: Omit<Chunk, "encoding" | "data">, { bytes, is_text }: Piece): Buffer {
  if (!is_text) {
    const line = encodeChunk({ ...chunk, encoding: "base64", data: bytes.toString("base64") });
    return Buffer.from(line);
  }
  const empty = encodeChunk({ ...chunk, data: "" });
  const bytes_max = empty.length * ESCAPED_BYTES_MAX + bytes.length * ESCAPED_BYTES_MAX;
  if (bytes_max > scratch.length) scratch = Buffer.alloc(bytes_max);
  const head = scratch.write(empty) - TAIL.length;
  const end = writeEscaped(bytes, scratch, head);
  return scratch.subarray(0, end + TAIL.copy(scratch, end));
}

/** Writes text at a place as JSON writes it between quotes, and returns the place after it. */
function writeEscaped(text: Buffer, target: Buffer, place: number): number {
  const from = new DataView(text.buffer, text.byteOffset, text.length);
  const to = new DataView(target.buffer, target.byteOffset, target.length);
  let at = place;
  for (let read = 0; read < text.length; ) {
    for (; read + 4 <= text.length; read += 4, at += 4) {
      const four = from.getInt32(read);
      if (hasEscape(four)) break;
      to.setInt32(at, four);
    }
    for (const end = Math.min(read + 4, text.length); read < end; read++) {
      const byte = text[read] ?? 0;
      const letter = ESCAPES[byte] ?? 0;
      if (letter !== 0) target[at++] = BACKSLASH;
      target[at++] = letter === 0 ? byte : letter;
      if (letter !== LETTER_U) continue;
      target[at++] = LETTER_0;
      target[at++] = LETTER_0;
      target[at++] = HEX[byte >> 4] ?? 0;
      target[at++] = HEX[byte & 15] ?? 0;
    }
  }
  return at;
}

/** Whether one of four bytes may need an escape. It never misses one. */
function hasEscape(four: number): boolean {
  return (
    ((hasBelow(four, 0x20) | hasZero(four ^ (QUOTE * ONES)) | hasZero(four ^ (BACKSLASH * ONES))) & HIGH) !==
    0
  );
}

/** A one in each of four bytes, and the high bit of each. */
const ONES = 0x01010101;
const HIGH = 0x80808080;

/** The high bit of a byte below a bound is set, of bytes up to 127. */
function hasBelow(four: number, bound: number): number {
  return (four - bound * ONES) & ~four;
}

function hasZero(four: number): number {
  return (four - ONES) & ~four;
}
