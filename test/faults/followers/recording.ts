import { hash } from "node:crypto";
import { type Chunk, firstSeq, type OutputType } from "../../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../../protocol/wire/line.ts";
import { type FollowRecord, isChunk } from "../../../protocol/wire/record.ts";
import type { Outcome, Seen, SeenEnd } from "../facts.ts";

/** Identifies a line of the log. */
export function sumOf(chunk: Chunk): string {
  return hash("sha1", encodeChunk(chunk), "base64url");
}

/** Records what a follower gets. The checker judges it. */
export class Recording {
  readonly seen: Seen;
  last_arrival_ms: number | undefined;

  constructor(name: string, type: OutputType | undefined) {
    const outcome: Outcome = { how: "unfinished" };
    this.seen = {
      name,
      after: undefined,
      type,
      own_only: false,
      chunks: [],
      first: undefined,
      bytes: undefined,
      partial: [],
      ends: [],
      after_end: 0,
      outcome,
    };
  }

  /** The number of the last chunk, or the one behind which it began. */
  get cursor(): number | undefined {
    return this.seen.chunks.at(-1)?.seq ?? this.seen.after;
  }

  get hasEnded(): boolean {
    return this.seen.ends.length > 0;
  }

  take(record: FollowRecord): void {
    if (this.hasEnded) this.seen.after_end++;
    if (isChunk(record)) this.#takeChunk(record);
    else if (record.event === "end") this.takeEnd(record);
  }

  takeEnd(end: SeenEnd): void {
    this.last_arrival_ms = Date.now();
    this.seen.ends.push(end);
  }

  /** Bytes of a form that has no chunks. */
  takeBytes(bytes: Uint8Array): void {
    if (bytes.length > 0) this.last_arrival_ms = Date.now();
    this.seen.bytes = Buffer.concat([this.seen.bytes ?? Buffer.alloc(0), bytes]);
  }

  /** Begins again: a form without a cursor is read from its beginning. */
  beginAgain(): void {
    const { seen } = this;
    if (seen.bytes !== undefined) seen.partial.push(seen.bytes);
    seen.bytes = undefined;
    seen.chunks = [];
    seen.first = undefined;
  }

  #takeChunk(chunk: Chunk): void {
    const { seen } = this;
    this.last_arrival_ms = Date.now();
    seen.first ??= chunk;
    seen.chunks.push({ seq: chunk.seq, first_seq: firstSeq(chunk), sum: sumOf(chunk), at_ms: Date.now() });
  }
}
