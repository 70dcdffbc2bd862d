import { mkdirSync } from "node:fs";
import { BATCH_BYTES_MAX, BATCH_CHUNKS_MAX } from "../../protocol/base/limits.ts";
import { timestamp } from "../../protocol/base/time.ts";
import type { Chunk, OutputType } from "../../protocol/wire/chunk.ts";
import { tryDisk } from "../disk/failure.ts";
import { Retry } from "../disk/retry.ts";
import type { SpooledBatch } from "./batch.ts";
import { NO_DATA, type Piece } from "./chunker.ts";
import { HELD_BYTES_MAX, Held } from "./held.ts";
import { encodeLine } from "./line.ts";
import { MissingChunk } from "./missing.ts";
import type { SpoolOptions } from "./options.ts";
import { type Place, Segments } from "./segments.ts";
import { firstLines, stampMs } from "./whole-lines.ts";

/** Bytes of one segment, which is deleted as a whole once it is acknowledged. */
const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;

/**
 * One execution's chunks on disk, until they are acknowledged. A chunk gets its sequence number here and keeps it. Chunks that the
 * disk does not take are held in memory until it does, or until they are acknowledged; `ready` makes the writer wait for that. Output
 * that comes while there is no room at all is counted, and becomes one gap as soon as there is room.
 */
export class Spool {
  readonly #folder: string;
  readonly #options: SpoolOptions;
  readonly #segments: Segments;
  /** The last lines, if the disk does not take them. */
  readonly #held = new Held();
  readonly #retry = new Retry(() => this.#store());
  #next: number;
  #place: Place | undefined;
  #read_seq: number;
  #dropped_bytes = 0;
  /** Whether the disk has refused the last write. */
  #is_failing = false;
  /** Whether the last sync has failed, so that the last writes are only in the system's memory. */
  #is_unsynced = false;
  /** The last sequence number that an earlier process wrote; null if that is not known. */
  #left_seq: number | null = 0;
  /** Whether the log has given its next sequence number. */
  #is_met = false;
  /** The time of the last chunk. */
  #stamped_ms: number;

  /** Opens a folder's spool, or begins one. Throws if the disk permits neither. */
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

  /** Whether every chunk has been acknowledged. */
  get drained(): boolean {
    return this.#read_seq === this.#next;
  }

  /** Chunks that have not been acknowledged. */
  get waiting(): number {
    return this.#next - this.#read_seq;
  }

  /** Whether the waiting chunks fill a batch, or some are held in memory. */
  get full(): boolean {
    if (this.#held.length > 0) return true;
    return this.#segments.bytes - (this.#place?.offset ?? 0) >= BATCH_BYTES_MAX;
  }

  /** Resolves once more may be written; undefined if it may at once. Chunks that are written earlier are kept too. */
  get ready(): Promise<void> | undefined {
    return this.#held.emptied ?? this.#segments.synced;
  }

  /** The sequence number to note with the end, so that a later process knows whether chunks are missing; null if not known. */
  get end_seq(): number | null {
    return this.#left_seq === null || this.last_seq < this.#left_seq ? this.#left_seq : this.last_seq;
  }

  /** Writes a piece as the next chunk, or counts its bytes if there is no room. */
  append(output_type: OutputType, piece: Piece, host?: string): void {
    this.#writeDropped();
    if (this.#hasRoom()) this.#write({ output_type, ...(host === undefined ? {} : { host }) }, piece);
    else this.#dropped_bytes += piece.bytes.length;
  }

  /** The output has ended: writes a gap for bytes that were dropped at the end. */
  finish(): void {
    if (this.#dropped_bytes > 0) this.#writeGap("spool_full");
  }

  /**
   * An earlier process wrote up to this sequence number (null: not known). Chunks of it that neither the log nor the disk has are
   * missing. Their gap is written once the log has given its next sequence number: before, the gap could get a number that is in use.
   */
  reach(left_seq: number | null): void {
    this.#left_seq = left_seq;
    if (this.#is_met) this.#tellMissing();
  }

  /** The log gives its next sequence number, once, before anything is read. It may have more chunks than a crash of the host has left here. */
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
   * The next batch to send, within a number of bytes unless one chunk has more; undefined if all is sent. It begins with the same
   * chunk until that is acknowledged, and is valid until the next read. Throws `MissingChunk` if the disk has lost that chunk.
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
   * Everything below `next` is in the log. Continues after the batch just sent, or where the log says. False if that chunk is not here
   * any more.
   */
  acknowledge(next: number, batch?: SpooledBatch): boolean {
    const isNext = batch && next === batch.last_seq + 1 && batch.first_seq === this.#read_seq;
    const place = isNext ? this.#place : undefined;
    this.#read_seq = next;
    this.#held.dropBefore(next);
    this.#place = place && batch && { ...place, offset: place.offset + batch.body.length };
    this.#place ??= this.#segments.find(next);
    const isOnDisk = next < (this.#held.first_seq ?? this.#next);
    // On a full disk, every file that is not needed makes room.
    if (!isOnDisk && (this.#is_failing || this.#is_unsynced || !this.#place)) {
      this.#segments.dropAll();
      this.#place = undefined;
    } else if (this.#place) this.#segments.dropBefore(this.#place.segment);
    this.#store();
    this.#writeDropped();
    if (this.drained) this.#segments.rest();
    if (this.drained || this.#held.first_seq === next) return true;
    // `#store` may have written held lines to disk.
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

  /** Writes a gap if chunks of an earlier process are neither in the log nor here. */
  #tellMissing(): void {
    const isMissing = this.#left_seq === null || this.#left_seq > this.last_seq;
    this.#left_seq = 0;
    if (isMissing) this.#writeGap("agent_restarted");
  }

  #writeGap(reason: "spool_full" | "agent_restarted"): void {
    const bytes = reason === "spool_full" ? this.#dropped_bytes : null;
    if (reason === "spool_full") this.#dropped_bytes = 0;
    this.#write({ output_type: "other", gap: { reason, bytes } }, NO_DATA);
  }

  #write(chunk: Pick<Chunk, "output_type" | "host" | "gap">, piece: Piece): void {
    const seq = this.#next;
    // The clock may be set back, but timestamps must not go back.
    this.#stamped_ms = Math.max(this.#stamped_ms, this.#options.nowMs());
    const line = encodeLine({ seq, timestamp: timestamp(this.#stamped_ms), ...chunk }, piece);
    this.#next = seq + 1;
    if (this.#held.length > 0 || !this.#isStored(seq, line)) this.#held.add(seq, line);
  }

  /** The timestamp of the last chunk here: a restarted agent's clock may be earlier. */
  #lastStampMs(): number {
    const place = this.#next > this.#read_seq ? this.#segments.find(this.#next - 1) : undefined;
    const line = place && this.#segments.read(place, BATCH_BYTES_MAX);
    return line ? stampMs(line) : 0;
  }

  /** Writes held lines to disk. Returns whether all are written. */
  #store(): boolean {
    for (let first = this.#held.first; first; first = this.#held.first) {
      if (!this.#isStored(first.seq, first.line)) return false;
      this.#held.dropBefore(first.seq + 1);
    }
    return true;
  }

  #isStored(seq: number, line: Buffer): boolean {
    const failure = tryDisk(this.#folder, () => this.#segments.append(seq, line));
    if (failure) this.#retry.begin();
    if (failure ? !this.#is_failing : this.#is_failing) this.#options.onDisk(failure);
    this.#is_failing = failure !== undefined;
    return !this.#is_failing;
  }
}
