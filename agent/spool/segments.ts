import {
  closeSync,
  fdatasync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/** How long what is written may be in the system's memory only. A crash of the agent loses nothing; one of the host, this. */
const SYNC_MS = 1_000;

interface Segment {
  first_seq: number;
  path: string;
  fd: number;
  bytes: number;
}

/** Append-only files of lines, each named by the sequence number of its first; the oldest go as they are acknowledged. */
export class Segments {
  readonly #folder: string;
  readonly #segment_bytes_max: number;
  readonly #segments: Segment[] = [];
  #scratch = Buffer.alloc(0);
  #synced_at = 0;
  #syncing = false;

  /** Opens what a folder holds. A last line that a crash has torn is cut off. */
  constructor(folder: string, segment_bytes_max: number) {
    this.#folder = folder;
    this.#segment_bytes_max = segment_bytes_max;
    const names = readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
    for (const name of names.sort()) this.#open(Number(name.slice(0, -SUFFIX.length)));
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** The first sequence number that is still here, if there is any. */
  get first_seq(): number | undefined {
    return this.#segments[0]?.first_seq;
  }

  /** The sequence number after the last line. Reads the last segment: for recovery only. */
  countLines(): number | undefined {
    const last = this.#segments.at(-1);
    if (!last) return undefined;
    return last.first_seq + countFeeds(readFileSync(last.path));
  }

  append(seq: number, line: string): void {
    const last = this.#segments.at(-1);
    const segment = last && last.bytes < this.#segment_bytes_max ? last : this.#open(seq);
    const bytes = this.#encode(line);
    for (let written = 0; written < bytes; ) {
      written += writeSync(segment.fd, this.#scratch, written, bytes - written, segment.bytes + written);
    }
    segment.bytes += bytes;
    this.#sync(segment);
  }

  /** Whole lines from a place on, at most so many bytes; undefined at the end of what is written. */
  read(place: Place, bytes_max: number): Buffer | undefined {
    const segment = this.#segments.find(({ first_seq }) => first_seq === place.segment);
    if (!segment) throw new Error(`segment ${place.segment} is gone`);
    const buffer = Buffer.allocUnsafe(Math.min(bytes_max, segment.bytes - place.offset));
    const length = readSync(segment.fd, buffer, 0, buffer.length, place.offset);
    const end = buffer.subarray(0, length).lastIndexOf(0x0a) + 1;
    if (end === 0) return undefined;
    return buffer.subarray(0, end);
  }

  /** The place of a sequence number, or of the end if it is the next one; undefined where it is not here any more. */
  find(seq: number): Place | undefined {
    const segment = this.#segments.findLast(({ first_seq }) => first_seq <= seq);
    if (!segment) return undefined;
    const bytes = readFileSync(segment.path);
    let offset = 0;
    for (let line = segment.first_seq; line < seq; line++) offset = bytes.indexOf(0x0a, offset) + 1;
    return { segment: segment.first_seq, offset };
  }

  /** The segment after one, once it exists. */
  after(segment: number): Place | undefined {
    const next = this.#segments.find(({ first_seq }) => first_seq > segment);
    return next && { segment: next.first_seq, offset: 0 };
  }

  /** Deletes the segments before one: all of them are acknowledged. */
  dropBefore(segment: number): void {
    while (this.#segments[0] && this.#segments[0].first_seq < segment) {
      const [dropped] = this.#segments.splice(0, 1);
      if (!dropped) return;
      closeSync(dropped.fd);
      rmSync(dropped.path);
    }
  }

  close(): void {
    for (const { fd } of this.#segments.splice(0)) closeSync(fd);
  }

  /** Puts the line into the scratch buffer, which is used again: the collector is spared a copy of all output. */
  #encode(line: string): number {
    const bytes_max = line.length * UTF8_BYTES_MAX;
    if (bytes_max > this.#scratch.length) this.#scratch = Buffer.alloc(bytes_max);
    return this.#scratch.write(line);
  }

  #open(first_seq: number): Segment {
    const path = join(this.#folder, `${String(first_seq).padStart(12, "0")}${SUFFIX}`);
    const fd = openSync(path, "a+", 0o600);
    const kept = readFileSync(fd);
    const whole = kept.lastIndexOf(0x0a) + 1;
    if (whole < kept.length) ftruncateSync(fd, whole);
    const segment = { first_seq, path, fd, bytes: whole };
    this.#segments.push(segment);
    return segment;
  }

  /** Writes to the disk itself, at most once in a while and without waiting for it. */
  #sync({ fd }: Segment): void {
    const now = Date.now();
    if (this.#syncing || now - this.#synced_at < SYNC_MS) return;
    this.#syncing = true;
    this.#synced_at = now;
    // A segment that has been acknowledged and closed meanwhile needs no sync.
    fdatasync(fd, () => {
      this.#syncing = false;
    });
  }
}

/** Where a reader stands: a segment, by its first sequence number, and the bytes of it that are behind. */
export interface Place {
  segment: number;
  offset: number;
}

/** Bytes that UTF-8 takes at most for one UTF-16 unit. */
const UTF8_BYTES_MAX = 3;

const SUFFIX = ".ndjson";

function countFeeds(bytes: Buffer): number {
  let feeds = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) feeds++;
  return feeds;
}
