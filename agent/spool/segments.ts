import {
  closeSync,
  constants,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { FsyncPolicy } from "../../protocol/settings/agent.ts";
import { type DiskFailure, tryDisk } from "../disk/failure.ts";
import { Syncing } from "./syncing.ts";
import { wholeLines } from "./whole-lines.ts";

const NOTHING = Buffer.alloc(0);

interface Segment {
  first_seq: number;
  /** The sequence number after its last line. */
  next_seq: number;
  path: string;
  fd: number;
  bytes: number;
  is_writable: boolean;
}

export interface SegmentsOptions {
  folder: string;
  segment_bytes_max: number;
  fsync: FsyncPolicy;
  /** Called when a sync fails, with the reason, and once everything is on the disk, with undefined. */
  onUnsynced: (failure: DiskFailure | undefined) => void;
}

/** Append-only files of lines, each named by the sequence number of its first line. Acknowledged files are deleted. */
export class Segments {
  readonly #folder: string;
  readonly #segment_bytes_max: number;
  readonly #syncing: Syncing;
  readonly #segments: Segment[] = [];
  /** The memory of the lines that were read last. */
  #lines = NOTHING;

  /** Opens the files of a folder, each up to its last whole line: a crash may have damaged the rest. */
  constructor({ folder, segment_bytes_max, fsync, onUnsynced }: SegmentsOptions) {
    this.#folder = folder;
    this.#segment_bytes_max = segment_bytes_max;
    this.#syncing = new Syncing({ folder, policy: fsync, onFailure: onUnsynced });
    const names = readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
    for (const name of names.sort()) this.#reopen(Number(name.slice(0, -SUFFIX.length)));
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** The first sequence number that is still here; undefined without a file. */
  get first_seq(): number | undefined {
    return this.#segments[0]?.first_seq;
  }

  /** The sequence number after the last line; undefined without a file. */
  get next_seq(): number | undefined {
    return this.#segments.at(-1)?.next_seq;
  }

  /** Under the policy `always`: resolves once everything that was written is synced. */
  get synced(): Promise<void> | undefined {
    return this.#syncing.done;
  }

  /** Writes a whole line. If the disk does not take it, removes what was written of it and throws. */
  append(seq: number, line: Buffer): void {
    const last = this.#segments.at(-1);
    const isFit = last?.is_writable && last.next_seq === seq && last.bytes < this.#segment_bytes_max;
    const segment = last && isFit ? last : this.#create(seq);
    try {
      for (let written = 0; written < line.length; ) {
        written += writeSync(segment.fd, line, written, line.length - written, segment.bytes + written);
      }
    } catch (error) {
      shorten(segment);
      throw error;
    }
    segment.bytes += line.length;
    segment.next_seq = seq + 1;
    this.#syncing.wrote(segment.fd);
  }

  /**
   * Whole lines from a place on, within a number of bytes; undefined at the end of the segment. They are valid until the next read,
   * which uses the same memory: new memory for each batch would be half of what has to be collected.
   */
  read(place: Place, bytes_max: number): Buffer<ArrayBuffer> | undefined {
    const segment = this.#segments.find(({ first_seq }) => first_seq === place.segment);
    if (!segment) throw new Error(`segment ${place.segment} is gone`);
    const wanted = Math.min(bytes_max, segment.bytes - place.offset);
    if (wanted > this.#lines.length) this.#lines = Buffer.allocUnsafeSlow(wanted);
    const length = readSync(segment.fd, this.#lines, 0, wanted, place.offset);
    const end = this.#lines.subarray(0, length).lastIndexOf(0x0a) + 1;
    if (end === 0) return undefined;
    return this.#lines.subarray(0, end);
  }

  /** Everything is read and sent: gives the memory of the lines back. */
  rest(): void {
    this.#lines = NOTHING;
  }

  /** The place of a sequence number, or of the end if it is the next one; undefined if it is not here. */
  find(seq: number): Place | undefined {
    const segment = this.#segments.findLast(({ first_seq }) => first_seq <= seq);
    if (!segment || seq > segment.next_seq) return undefined;
    const bytes = readFileSync(segment.path);
    let offset = 0;
    for (let line = segment.first_seq; line < seq; line++) {
      const feed = bytes.indexOf(0x0a, offset);
      if (feed === -1) return undefined;
      offset = feed + 1;
    }
    return { segment: segment.first_seq, offset };
  }

  /** The segment after one, once it exists. */
  after(segment: number): Place | undefined {
    const next = this.#segments.find(({ first_seq }) => first_seq > segment);
    return next && { segment: next.first_seq, offset: 0 };
  }

  /** The end of the lines that follow a sequence number without a hole; the number itself if it is not here. */
  endOf(seq: number): number {
    let end = seq;
    for (const { first_seq, next_seq } of this.#segments) {
      if (first_seq > end) return end;
      end = Math.max(end, next_seq);
    }
    return end;
  }

  /** Deletes the segments before one, which are all acknowledged. */
  dropBefore(segment: number): void {
    while (this.#segments[0] && this.#segments[0].first_seq < segment) this.#drop(0, 1);
  }

  /** Deletes the segments that begin at a sequence number or after it, because lines before them are lost. */
  dropFrom(seq: number): void {
    const kept = this.#segments.filter(({ first_seq }) => first_seq < seq).length;
    this.#drop(kept, this.#segments.length);
  }

  /** Deletes all segments, which are acknowledged. */
  dropAll(): void {
    this.#drop(0, this.#segments.length);
  }

  close(): void {
    this.#syncing.close();
    for (const { fd } of this.#segments.splice(0)) closeSync(fd);
  }

  /** Deletes a number of segments from one on. A failure of the disk is ignored: the log knows that they are acknowledged. */
  #drop(at: number, count: number): void {
    for (const { fd, path } of this.#segments.splice(at, count)) {
      this.#syncing.forget(fd);
      closeSync(fd);
      tryDisk(this.#folder, () => rmSync(path, { force: true }));
    }
  }

  #create(first_seq: number): Segment {
    const path = this.#path(first_seq);
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600);
    const segment = { first_seq, next_seq: first_seq, path, fd, bytes: 0, is_writable: true };
    this.#segments.push(segment);
    this.#syncing.created(fd);
    return segment;
  }

  #reopen(first_seq: number): void {
    const path = this.#path(first_seq);
    const { fd, is_writable } = openKept(path);
    const whole = wholeLines(readFileSync(path), first_seq);
    const segment = {
      first_seq,
      next_seq: first_seq + whole.lines,
      path,
      fd,
      bytes: whole.bytes,
      is_writable,
    };
    shorten(segment);
    this.#segments.push(segment);
  }

  #path(first_seq: number): string {
    return join(this.#folder, `${String(first_seq).padStart(12, "0")}${SUFFIX}`);
  }
}

/** A reader's place: a segment, by its first sequence number, and an offset in bytes. */
export interface Place {
  segment: number;
  offset: number;
}

const SUFFIX = ".ndjson";

/** Opens a file for writing; on a read-only disk only for reading, because its lines can still be sent. */
function openKept(path: string): { fd: number; is_writable: boolean } {
  try {
    return { fd: openSync(path, "r+"), is_writable: true };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EROFS")) throw error;
    return { fd: openSync(path, "r"), is_writable: false };
  }
}

/** Cuts the file after its last whole line. If that fails, reading ends there too, and the next line overwrites the rest. */
function shorten({ fd, bytes, is_writable }: Segment): void {
  if (!is_writable) return;
  try {
    ftruncateSync(fd, bytes);
  } catch {
    return;
  }
}
