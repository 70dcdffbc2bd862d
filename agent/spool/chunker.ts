import { isUtf8 } from "node:buffer";
import { CHUNK_BYTES_MAX } from "../../protocol/base/limits.ts";

/** The bytes of one chunk, in the memory of the stream, and whether they are UTF-8. */
export interface Piece {
  bytes: Buffer;
  is_text: boolean;
}

/** The data of a chunk that has none: a gap. */
export const NO_DATA: Piece = { bytes: Buffer.alloc(0), is_text: true };

/** A cut is made after a line end if it is this close to the bound. */
const LINE_END_WITHIN_BYTES = CHUNK_BYTES_MAX / 4;

/**
 * Cuts a stream's bytes into pieces of at most `CHUNK_BYTES_MAX`: at whole characters, and after a line end if one is near. The rest
 * is an incomplete character, which belongs before the next bytes. Once the stream has ended, there is no rest.
 */
export function cutPieces(bytes: Buffer, ended: boolean): { pieces: Piece[]; rest: Buffer } {
  const complete = ended ? bytes.length : bytes.length - incompleteBytes(bytes);
  const pieces: Piece[] = [];
  for (let start = 0; start < complete; ) {
    const end = cutAt(bytes, start, complete);
    pieces.push(toPiece(bytes.subarray(start, end)));
    start = end;
  }
  return { pieces, rest: bytes.subarray(complete) };
}

function cutAt(bytes: Buffer, start: number, complete: number): number {
  const bound = start + CHUNK_BYTES_MAX;
  if (complete <= bound) return complete;
  const feed = bytes.lastIndexOf(0x0a, bound - 1);
  if (feed >= bound - LINE_END_WITHIN_BYTES) return feed + 1;
  return bound - incompleteBytes(bytes.subarray(start, bound));
}

/** How many bytes at the end are an incomplete character: 0 to 3. Invalid bytes count as complete. */
function incompleteBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < characterBytes(byte) ? back : 0;
  }
  return 0;
}

/** The length of the character that begins with a byte, in bytes. */
function characterBytes(lead: number): number {
  if (lead >= 0xf0) return lead <= 0xf4 ? 4 : 1;
  return lead >= 0xe0 ? 3 : 2;
}

function toPiece(bytes: Buffer): Piece {
  return { bytes, is_text: isUtf8(bytes) };
}
