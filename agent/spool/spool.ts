import { mkdirSync } from "node:fs";
import { BATCH_BYTES_MAX, BATCH_CHUNKS_MAX } from "../../protocol/base/limits.ts";
import { timestamp } from "../../protocol/base/time.ts";
import type { Chunk, OutputType } from "../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { tryDisk } from "../disk/failure.ts";
import { Retry } from "../disk/retry.ts";
import type { SpooledBatch } from "./batch.ts";
import type { Piece } from "./chunker.ts";
import { HELD_BYTES_MAX, Held } from "./held.ts";
import { MissingChunk } from "./missing.ts";
import type { SpoolOptions } from "./options.ts";
import { type Place, Segments } from "./segments.ts";
import { firstLines, stampMs } from "./whole-lines.ts";

/** Bytes of one segment: what is deleted in one go once it is acknowledged. */
const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;

/**
 * One execution's chunks on disk, from when they are written until they are acknowledged. A chunk gets its sequence
 * number here and never another. What the disk does not take is held in memory until it does, or until it is acknowledged from
 * there; `ready` tells the writer to wait for that. What comes while there is no room at all is counted, and one gap stands for
 * it as soon as there is room again.
 */
export class Spool {
  readonly #folder: string;
  readonly #options: SpoolOptions;
  readonly #segments: Segments;
  /** The last lines, where the disk does not take them. */
  readonly #held = new Held();
  readonly #retry = new Retry(() => this.#store());
  #next: number;
  #place: Place | undefined;
  #read_seq: number;
  #dropped_bytes = 0;
  /** Whether the disk has refused the last write. */
  #is_failing = false;
  /** Whether the disk has taken the last writes only in the system's memory. */
  #is_unsynced = false;
  /** Of a spool that an earlier process left: how far it went once; null where that is not known. */
  #left_seq: number | null = 0;
  /** Whether the log has said where it stands. */
  #is_met = false;
  /** The time of the last chunk. */
  #stamped_ms: number;

  /** Opens a folder's spool, or begins one. Throws where the disk lets neither be. */
  constructor(folder: string, options: SpoolOptions) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { bytes_max, fsync } = options;
    this.#folder = folder;
    this.#options = options;
    this.#segments = new Segments({
      folder,
      segment_bytes_max: Math.min(SEGMENT_BYTES_MAX, Math.ceil(bytes_max / 4)),
      fsync,
      onUnsynced: (failure) => {
        this.#is_unsynced = failure !== undefined;
        options.onDisk(failure);
      },
    });
    this.#next = this.#segments.next_seq ?? 1;
    this.#read_seq = this.#segments.first_seq ?? 1;
    this.#stamped_ms = this.#lastStampMs();
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

  /** Whether more waits than one batch takes, or than is to be in memory. */
  get full(): boolean {
    if (this.#held.length > 0) return true;
    return this.#segments.bytes - (this.#place?.offset ?? 0) >= BATCH_BYTES_MAX;
  }

  /** Resolves once more may be written; undefined where it may at once. What is written before is kept all the same. */
  get ready(): Promise<void> | undefined {
    return this.#held.emptied ?? this.#segments.synced;
  }

  /** What is to be noted with the end, so that a later process knows whether all is here; null where that is not known. */
  get end_seq(): number | null {
    return this.#left_seq === null || this.last_seq < this.#left_seq ? this.#left_seq : this.last_seq;
  }

  /** Writes a piece down as the next chunk, or counts it where there is no room. */
  append(output_type: OutputType, { size, ...piece }: Piece, host?: string): void {
    this.#writeDropped();
    if (this.#hasRoom()) this.#write({ output_type, ...(host === undefined ? {} : { host }), ...piece });
    else this.#dropped_bytes += size;
  }

  /** There will be no more: what was dropped at the very end gets its gap too. */
  finish(): void {
    if (this.#dropped_bytes > 0) this.#writeGap("spool_full");
  }

  /**
   * An earlier process wrote up to here, or it is not known how far. What neither the log nor the disk has of that is missing, which is
   * said once the log has told where it stands: before, the gap could get a number that the log has given to something else.
   */
  reach(left_seq: number | null): void {
    this.#left_seq = left_seq;
    if (this.#is_met) this.#tellMissing();
  }

  /** The log says where it stands, once, before anything is read: it may hold more than a crash of the host has left here. */
  meet(next: number): void {
    if (this.#held.length === 0) {
      const end = this.#segments.endOf(Math.max(next, this.#segments.first_seq ?? 1));
      this.#segments.dropFrom(end);
      this.#next = end;
    }
    if (next > this.#read_seq) {
      this.#read_seq = next;
      this.#place = this.#segments.find(next);
      if (this.#place) this.#segments.dropBefore(this.#place.segment);
      else this.#segments.dropAll();
    }
    this.#is_met = true;
    this.#tellMissing();
  }

  /**
   * The next batch to send, of at most so many bytes unless one chunk has more; undefined where all has been sent. It begins with
   * the same chunk until it is acknowledged. Throws `MissingChunk` where the disk has lost that chunk.
   */
  read(bytes_max = BATCH_BYTES_MAX): SpooledBatch | undefined {
    if (this.drained) return undefined;
    const held = this.#held.from(this.#read_seq, bytes_max, BATCH_CHUNKS_MAX);
    if (held) {
      this.#place = undefined;
      return held;
    }
    this.#place ??= this.#segments.find(this.#read_seq);
    if (!this.#place) throw new MissingChunk(this.#read_seq);
    const fitting = this.#segments.read(this.#place, bytes_max);
    const lines = fitting ?? this.#segments.read(this.#place, BATCH_BYTES_MAX);
    if (!lines) {
      this.#place = this.#segments.after(this.#place.segment);
      if (this.#place?.segment !== this.#read_seq) throw new MissingChunk(this.#read_seq);
      return this.read(bytes_max);
    }
    const { body, chunks } = firstLines(lines, fitting ? BATCH_CHUNKS_MAX : 1);
    return { body, first_seq: this.#read_seq, last_seq: this.#read_seq + chunks - 1 };
  }

  /**
   * Everything below `next` is in the log. Goes on behind the batch just sent, or wherever the log says; false where
   * that is not here any more.
   */
  acknowledge(next: number, batch?: SpooledBatch): boolean {
    const isNext = batch && next === batch.last_seq + 1 && batch.first_seq === this.#read_seq;
    const place = isNext ? this.#place : undefined;
    this.#read_seq = next;
    this.#held.dropBefore(next);
    this.#place = place && batch && { ...place, offset: place.offset + batch.body.length };
    this.#place ??= this.#segments.find(next);
    const isOnDisk = next < (this.#held.first_seq ?? this.#next);
    // Where the disk is full, every file that is not needed gives room.
    if (!isOnDisk && (this.#is_failing || this.#is_unsynced || !this.#place)) {
      this.#segments.dropAll();
      this.#place = undefined;
    } else if (this.#place) this.#segments.dropBefore(this.#place.segment);
    this.#store();
    this.#writeDropped();
    if (this.drained || this.#held.first_seq === next) return true;
    // What was held may be on disk by now.
    this.#place ??= this.#segments.find(next);
    return this.#place !== undefined;
  }

  close(): void {
    this.#retry.stop();
    this.#held.clear();
    this.#segments.close();
  }

  #hasRoom(): boolean {
    return this.#segments.bytes < this.#options.bytes_max && this.#held.bytes < HELD_BYTES_MAX;
  }

  #writeDropped(): void {
    if (this.#dropped_bytes > 0 && this.#hasRoom()) this.#writeGap("spool_full");
  }

  /** Of what an earlier process wrote, something is neither in the log nor here. */
  #tellMissing(): void {
    const isMissing = this.#left_seq === null || this.#left_seq > this.last_seq;
    this.#left_seq = 0;
    if (isMissing) this.#writeGap("agent_restarted");
  }

  #writeGap(reason: "spool_full" | "agent_restarted"): void {
    const bytes = reason === "spool_full" ? this.#dropped_bytes : null;
    if (reason === "spool_full") this.#dropped_bytes = 0;
    this.#write({ output_type: "other", gap: { reason, bytes }, data: "" });
  }

  #write(chunk: Omit<Chunk, "seq" | "timestamp">): void {
    const seq = this.#next;
    // A clock that is found to be ahead is put back, and what was written by it stays.
    this.#stamped_ms = Math.max(this.#stamped_ms, this.#options.nowMs());
    const line = encodeChunk({ seq, timestamp: timestamp(this.#stamped_ms), ...chunk });
    this.#next = seq + 1;
    if (this.#held.length > 0 || !this.#isStored(seq, line)) this.#held.add(seq, line);
  }

  /** When the last chunk here was written: the clock of a restarted agent may show an earlier time. */
  #lastStampMs(): number {
    const place = this.#next > this.#read_seq ? this.#segments.find(this.#next - 1) : undefined;
    const line = place && this.#segments.read(place, BATCH_BYTES_MAX);
    return line ? stampMs(line) : 0;
  }

  /** Writes down what is held, as far as the disk takes it; tells whether nothing is held any more. */
  #store(): boolean {
    for (let first = this.#held.first; first; first = this.#held.first) {
      if (!this.#isStored(first.seq, first.line)) return false;
      this.#held.dropBefore(first.seq + 1);
    }
    return true;
  }

  #isStored(seq: number, line: string): boolean {
    const failure = tryDisk(this.#folder, () => this.#segments.append(seq, line));
    if (failure) this.#retry.begin();
    if (failure ? !this.#is_failing : this.#is_failing) this.#options.onDisk(failure);
    this.#is_failing = failure !== undefined;
    return !this.#is_failing;
  }
}
