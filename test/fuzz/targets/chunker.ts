import { cutPieces, type Piece } from "../../../agent/spool/chunker.ts";
import { encodeLine } from "../../../agent/spool/line.ts";
import { CHUNK_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { chunkBytes, chunkSize } from "../../../protocol/wire/chunk.ts";
import { decodeChunk } from "../../../protocol/wire/line.ts";
import { bytesOf } from "../bytes.ts";
import { hashOf, piecesOf } from "../random.ts";
import { must, type Target } from "../target.ts";

const HEAD = { seq: 1, timestamp: "2026-11-24T12:00:00.000000Z", output_type: "stdout" } as const;

/** A process's output in any pieces, as chunks. The input is bytes. */
export const target: Target = {
  covers: ["agent/spool/chunker.ts", "agent/spool/line.ts", "protocol/wire/chunk.ts"],
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
    const chunks = pieces.map((piece) => {
      must(piece.bytes.length <= CHUNK_BYTES_MAX, "a chunk is within its bound");
      const chunk = decodeChunk(encodeLine(HEAD, piece).toString());
      must(chunkSize(chunk) === piece.bytes.length, "a chunk has the size of its bytes");
      must(chunk.data.isWellFormed(), "text is text");
      return chunk;
    });
    must(Buffer.concat(chunks.map(chunkBytes)).equals(bytes), "the bytes are what was written");
  },
};
