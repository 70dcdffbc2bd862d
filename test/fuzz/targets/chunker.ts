import { cutPieces, type Piece } from "../../../agent/spool/chunker.ts";
import { CHUNK_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { chunkBytes, chunkSize } from "../../../protocol/wire/chunk.ts";
import { bytesOf } from "../bytes.ts";
import { hashOf, piecesOf } from "../random.ts";
import { must, type Target } from "../target.ts";

/** A process's output in any pieces, as chunks. The input is bytes. */
export const target: Target = {
  covers: ["agent/spool/chunker.ts", "protocol/wire/chunk.ts"],
  words: [
    "\u00e2\u0082\u00ac",
    "\u00f0\u009f\u0098\u0080",
    "\u00f0\u009f",
    "\u00c3",
    "\n",
    "\u00ff",
    "\u00ed\u00a0\u0080",
    "\u00ef\u00bb\u00bf",
  ],
  seeds: [
    "one\ntwo\n",
    "\u00e2\u0082\u00ac\u00f0\u009f\u0098\u0080",
    "\u00ff\u0000\u00fe",
    "\u00ef\u00bb\u00bfbom",
    "x".repeat(300),
  ],
  run: (input) => {
    // Sometimes longer than a chunk.
    const bytes = bytesOf(
      input.length > 0 && hashOf(input) % 64 === 0 ? input.repeat(Math.ceil(100_000 / input.length)) : input,
    );
    const pieces: Piece[] = [];
    let rest = Buffer.alloc(0);
    for (const part of piecesOf(bytes, hashOf(input))) {
      const cut = cutPieces(Buffer.concat([rest, part]), false);
      must(cut.rest.length < 4, "only the beginning of a character is held back");
      pieces.push(...cut.pieces);
      rest = Buffer.from(cut.rest);
    }
    const last = cutPieces(rest, true);
    must(last.rest.length === 0, "nothing is held back at the end");
    pieces.push(...last.pieces);
    for (const piece of pieces) {
      must(
        piece.size <= CHUNK_BYTES_MAX && piece.size === chunkSize(piece),
        "a chunk has the size that it says",
      );
      must(piece.data.isWellFormed(), "text is text");
    }
    must(Buffer.concat(pieces.map(chunkBytes)).equals(bytes), "the bytes are what was written");
  },
};
