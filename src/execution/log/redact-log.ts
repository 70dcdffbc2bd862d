import { type Chunk, chunkBytes } from "../../../protocol/wire/chunk.ts";
import { decodeChunk, encodeChunk } from "../../../protocol/wire/line.ts";
import { sourceKey } from "../../../protocol/wire/lines.ts";
import { splitLines } from "../../../protocol/wire/ndjson.ts";
import { foundOf, Sought, type Span } from "./redact-search.ts";
import { binaryOf, blankBinary } from "./redact-text.ts";

/** A row of the log to search. */
export interface LogRow {
  first_seq: number;
  body: string;
}

/** A chunk in which something was found, with the ranges of its bytes. */
export interface Found {
  row: number;
  seq: number;
  spans: Span[];
}

/** A chunk in which a text may begin, with the range of its bytes among all bytes of its source. */
interface Piece extends Span {
  chunk: Found;
}

/** One stream of one host and execution, as far as it has been read. */
interface Source {
  bytes: number;
  /** For each text: how many of its first bytes this source ends with. */
  matched: number[];
  pieces: Piece[];
  /** The ranges that have been found and noted at their chunks. */
  covered: Span[];
}

/**
 * Finds texts in a log, also where chunks and rows cut them. Rows come in order. For each source it remembers which texts
 * may have begun, and in which chunks.
 */
export class LogSearch {
  readonly #texts: readonly Sought[];
  readonly #kept_bytes: number;
  readonly #sources = new Map<string, Source>();

  /** The texts in the form of `binaryOf`: one character for each byte. */
  constructor(texts: readonly string[]) {
    this.#texts = texts.map((text) => new Sought(text));
    this.#kept_bytes = Math.max(0, ...texts.map(({ length }) => length - 1));
  }

  /** Searches a row. Returns the chunks, of this row and of earlier ones, that must be rewritten. */
  read({ first_seq, body }: LogRow): Found[] {
    const touched = new Set<Found>();
    for (const line of splitLines(body)) {
      const chunk = decodeChunk(line);
      if (chunk.gap || chunk.data === "") continue;
      const source = this.#source(sourceKey(chunk));
      const bytes = binaryOf(chunkBytes(chunk));
      const found: Found = { row: first_seq, seq: chunk.seq, spans: [] };
      source.pieces.push({ chunk: found, start: source.bytes, end: source.bytes + bytes.length });
      for (const span of this.#occurrences(source, bytes))
        for (const rest of uncovered(source.covered, span)) cover(source.pieces, rest, touched);
      source.bytes += bytes.length;
      dropBefore(source.pieces, source.bytes - this.#kept_bytes);
      dropBefore(source.covered, source.bytes - this.#kept_bytes);
    }
    return [...touched];
  }

  #source(key: string): Source {
    const known = this.#sources.get(key);
    if (known) return known;
    const source: Source = { bytes: 0, matched: this.#texts.map(() => 0), pieces: [], covered: [] };
    this.#sources.set(key, source);
    return source;
  }

  /** The ranges of the texts that end in these bytes, counted from the beginning of the source. */
  #occurrences({ bytes: before, matched }: Source, bytes: string): Span[] {
    const spans = foundOf(this.#texts, (text, at) => {
      const found = text.find(bytes, matched[at]);
      matched[at] = found.matched;
      return found.spans;
    });
    return spans.map(({ start, end }) => ({ start: before + start, end: before + end }));
  }
}

/** The lines of a row with the found ranges blanked. Only chunks with such a range are encoded again. */
export function blankRow(body: string, found: readonly Found[]): string {
  const bySeq = new Map(found.map((one) => [one.seq, one.spans]));
  return body.replace(/[^\n]+\n/g, (line) => {
    const chunk = decodeChunk(line);
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

/**
 * Adds a range that ends after all covered ones. Returns the parts that were not covered yet, so that no byte is noted
 * twice.
 */
function uncovered(covered: Span[], { start, end }: Span): Span[] {
  const rest: Span[] = [];
  let [from, upto] = [start, end];
  for (let last = covered.at(-1); last && last.end >= start; last = covered.at(-1)) {
    covered.pop();
    if (last.end < upto) rest.push({ start: last.end, end: upto });
    upto = last.start;
    from = Math.min(start, last.start);
  }
  if (start < upto) rest.push({ start, end: upto });
  covered.push({ start: from, end });
  return rest;
}

/** Notes a range at the chunks that contain its bytes. */
function cover(pieces: readonly Piece[], span: Span, touched: Set<Found>): void {
  for (let at = firstBehind(pieces, span.start); at < pieces.length; at++) {
    const piece = pieces[at];
    if (!piece || piece.start >= span.end) break;
    const start = Math.max(span.start, piece.start) - piece.start;
    piece.chunk.spans.push({ start, end: Math.min(span.end, piece.end) - piece.start });
    touched.add(piece.chunk);
  }
}

/** The index of the first range that ends after a place; the ranges are in order. */
function firstBehind(spans: readonly Span[], place: number): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle]?.end ?? 0) <= place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Drops the ranges that end before a place. */
function dropBefore(spans: Span[], place: number): void {
  for (let first = spans[0]; first && first.end <= place; first = spans[0]) spans.shift();
}
