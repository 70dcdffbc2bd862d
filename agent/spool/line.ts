import type { Chunk } from "../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import type { Piece } from "./chunker.ts";
import { escapedLine, HEAD_CHARS_MAX } from "./escape.ts";

/** The bytes that end a line, after its data. */
const TAIL = '"}\n';

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
  const line =
    empty.length > HEAD_CHARS_MAX ? undefined : escapedLine(empty.slice(0, -TAIL.length), bytes, TAIL);
  return line ?? Buffer.from(encodeChunk({ ...chunk, data: bytes.toString() }));
}
