import { mkdirSync } from "node:fs";
import { type Chunk, encodeChunk, type Gap, type OutputType } from "../../protocol/chunk.ts";
import { BATCH_BYTES_MAX, BATCH_CHUNKS_MAX } from "../../protocol/limits.ts";
import { timestamp } from "../../protocol/time.ts";
import type { Piece } from "../chunker.ts";
import { type Place, Segments } from "./segments.ts";

/** Bytes of one segment: what is deleted in one go once it is acknowledged. */
const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;

/** Consecutive lines of the spool, ready to post. */
export interface SpooledBatch {
  body: Buffer<ArrayBuffer>;
  first_seq: number;
  last_seq: number;
}

/**
 * One execution's chunks on disk, from when they are written until they are acknowledged. A chunk gets its sequence
 * number here and never another. What comes while the spool is full is counted, and one gap stands for it as soon as
 * there is room again.
 */
export class Spool {
  readonly #segments: Segments;
  readonly #bytes_max: number;
  #next: number;
  #place: Place | undefined;
  #read_seq: number;
  #dropped_bytes = 0;

  /** Opens a folder's spool, or begins one. `bytes_max` bounds what waits on disk. */
  constructor(folder: string, bytes_max: number) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#bytes_max = bytes_max;
    this.#segments = new Segments(folder, Math.min(SEGMENT_BYTES_MAX, Math.ceil(bytes_max / 4)));
    this.#next = this.#segments.countLines() ?? 1;
    this.#read_seq = this.#segments.first_seq ?? 1;
  }

  /** The sequence number of the next chunk. */
  get next(): number {
    return this.#next;
  }

  /** The sequence number of the last chunk. */
  get last_seq(): number {
    return this.#next - 1;
  }

  /** Whether all that is here has been acknowledged. */
  get drained(): boolean {
    return this.#read_seq === this.#next;
  }

  /** Whether more waits than one batch takes. */
  get full(): boolean {
    return this.#segments.bytes - (this.#place?.offset ?? 0) >= BATCH_BYTES_MAX;
  }

  /** Writes a piece down as the next chunk, or counts it where there is no room. */
  append(output_type: OutputType, { size, ...piece }: Piece, host?: string): void {
    if (this.#dropped_bytes > 0 && this.#hasRoom()) this.#writeDropped();
    if (this.#hasRoom()) this.#write({ output_type, ...(host === undefined ? {} : { host }), ...piece });
    else this.#dropped_bytes += size;
  }

  /** Writes down that something is missing here. */
  appendGap(gap: Gap): void {
    this.#write({ output_type: "other", gap, data: "" });
  }

  /** There will be no more: what was dropped at the very end gets its gap too. */
  finish(): void {
    if (this.#dropped_bytes > 0) this.#writeDropped();
  }

  /** The log holds more than a crash of the host has left here: the numbers go on behind it. */
  skipTo(next: number): void {
    if (next <= this.#next) return;
    this.#next = next;
    this.#read_seq = next;
    this.#place = undefined;
    this.#segments.dropBefore(next);
  }

  /** The next batch to send; undefined where all has been sent. The same again until it is acknowledged. */
  read(): SpooledBatch | undefined {
    if (this.drained) return undefined;
    this.#place ??= this.#segments.find(this.#read_seq);
    if (!this.#place) throw new Error(`chunk ${this.#read_seq} is not in the spool any more`);
    const lines = this.#segments.read(this.#place, BATCH_BYTES_MAX);
    if (!lines) {
      this.#place = this.#segments.after(this.#place.segment);
      return this.#place && this.read();
    }
    const { body, chunks } = firstLines(lines, BATCH_CHUNKS_MAX);
    return { body, first_seq: this.#read_seq, last_seq: this.#read_seq + chunks - 1 };
  }

  /**
   * Everything below `next` is in the log. Goes on behind the batch just sent, or wherever the log says; false where
   * that is not here any more.
   */
  acknowledge(next: number, batch?: SpooledBatch): boolean {
    if (batch && this.#place && next === batch.last_seq + 1 && batch.first_seq === this.#read_seq) {
      this.#place = { ...this.#place, offset: this.#place.offset + batch.body.length };
    } else this.#place = this.#segments.find(next);
    this.#read_seq = next;
    if (this.#place) this.#segments.dropBefore(this.#place.segment);
    if (this.#dropped_bytes > 0 && this.#hasRoom()) this.#writeDropped();
    return this.#place !== undefined || this.drained;
  }

  close(): void {
    this.#segments.close();
  }

  #hasRoom(): boolean {
    return this.#segments.bytes < this.#bytes_max;
  }

  #writeDropped(): void {
    const bytes = this.#dropped_bytes;
    this.#dropped_bytes = 0;
    this.appendGap({ reason: "spool_full", bytes });
  }

  #write(chunk: Omit<Chunk, "seq" | "timestamp">): void {
    const seq = this.#next;
    const line = encodeChunk({
      seq,
      timestamp: timestamp(performance.timeOrigin + performance.now()),
      ...chunk,
    });
    this.#segments.append(seq, line);
    this.#next = seq + 1;
  }
}

/** The first so many lines of whole lines. */
function firstLines(lines: Buffer, chunks_max: number): { body: Buffer<ArrayBuffer>; chunks: number } {
  let chunks = 0;
  let end = 0;
  while (end < lines.length && chunks < chunks_max) {
    end = lines.indexOf(0x0a, end) + 1;
    chunks++;
  }
  return { body: Buffer.from(lines.subarray(0, end)), chunks };
}
