import { type Chunk, chunkBytes, encodeChunk } from "../../protocol/chunk.ts";
import { sourceKey } from "../../protocol/lines.ts";
import { binaryOf, blankBinary } from "./redact-text.ts";

/** A row of the log as it is looked through. */
export interface LogRow {
  first_seq: number;
  body: string;
}

/** A chunk in which something was found: stretches of its bytes. */
interface Found {
  row: number;
  seq: number;
  spans: { start: number; end: number }[];
}

/** Bytes of a chunk that a text may have begun in. */
interface Piece {
  chunk: Found;
  /** Where they begin among the bytes of the chunk. */
  from: number;
  bytes: string;
}

/**
 * Finds texts in a log however they are cut into chunks and rows: rows come in order, and of each stream of each host and
 * execution the last bytes are kept in which a text may have begun.
 */
export class LogSearch {
  readonly #texts: readonly string[];
  readonly #kept_bytes: number;
  readonly #tails = new Map<string, Piece[]>();

  /** The texts as `binaryOf` has them: a character a byte. */
  constructor(texts: readonly string[]) {
    this.#texts = texts;
    this.#kept_bytes = Math.max(0, ...texts.map(({ length }) => length - 1));
  }

  /** Looks through a row; tells the chunks, of this row and of those before it, that must be rewritten. */
  read({ first_seq, body }: LogRow): Found[] {
    const touched = new Set<Found>();
    for (const line of body.split("\n")) {
      if (line === "") continue;
      const chunk: Chunk = JSON.parse(line);
      if (chunk.gap || chunk.data === "") continue;
      const source = sourceKey(chunk);
      const found: Found = { row: first_seq, seq: chunk.seq, spans: [] };
      const before = this.#tails.get(source) ?? [];
      const pieces = [...before, { chunk: found, from: 0, bytes: binaryOf(chunkBytes(chunk)) }];
      const kept = before.reduce((sum, { bytes }) => sum + bytes.length, 0);
      for (const { start, end } of this.#occurrences(pieces, kept)) cover(pieces, start, end, touched);
      this.#tails.set(source, lastBytes(pieces, this.#kept_bytes));
    }
    return [...touched];
  }

  /** Occurrences that end behind the bytes that were read before, also those that overlap; as places among all the bytes. */
  #occurrences(pieces: readonly Piece[], kept: number): { start: number; end: number }[] {
    const bytes = pieces.map((piece) => piece.bytes).join("");
    return this.#texts.flatMap((text) => {
      const spans: { start: number; end: number }[] = [];
      const from = Math.max(0, kept - text.length + 1);
      for (let start = bytes.indexOf(text, from); start !== -1; start = bytes.indexOf(text, start + 1)) {
        spans.push({ start, end: start + text.length });
      }
      return spans;
    });
  }
}

/** The lines of a row with what was found in them blanked. Only chunks that hold some of it are written anew. */
export function blankRow(body: string, found: readonly Found[]): string {
  const bySeq = new Map(found.map((one) => [one.seq, one.spans]));
  return body.replace(/[^\n]+\n/g, (line) => {
    const chunk: Chunk = JSON.parse(line);
    const spans = bySeq.get(chunk.seq);
    return spans ? encodeChunk(blankChunk(chunk, spans)) : line;
  });
}

/** A chunk keeps its encoding and its number of bytes and of lines. */
function blankChunk(chunk: Chunk, spans: Found["spans"]): Chunk {
  const blanked = blankBinary(binaryOf(chunkBytes(chunk)), spans);
  if (chunk.encoding === "base64") return { ...chunk, data: btoa(blanked) };
  const bytes = Uint8Array.from(blanked, (character) => character.charCodeAt(0));
  return { ...chunk, data: new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(bytes) };
}

/** Notes an occurrence at the chunks that its bytes are of. */
function cover(pieces: readonly Piece[], start: number, end: number, touched: Set<Found>): void {
  let at = 0;
  for (const { chunk, from, bytes } of pieces) {
    const first = Math.max(start, at);
    const last = Math.min(end, at + bytes.length);
    if (first < last) {
      chunk.spans.push({ start: from + first - at, end: from + last - at });
      touched.add(chunk);
    }
    at += bytes.length;
  }
}

/** The last bytes of pieces. A piece that has none of them is left out. */
function lastBytes(pieces: readonly Piece[], count: number): Piece[] {
  const kept: Piece[] = [];
  let missing = count;
  for (const { chunk, from, bytes } of pieces.toReversed()) {
    if (missing === 0) break;
    const dropped = Math.max(0, bytes.length - missing);
    kept.unshift({ chunk, from: from + dropped, bytes: bytes.slice(dropped) });
    missing -= bytes.length - dropped;
  }
  return kept;
}
