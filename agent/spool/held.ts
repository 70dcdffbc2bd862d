import type { SpooledBatch } from "./batch.ts";

/**
 * Bytes of lines that are held while the disk takes none: what the pipes of a program bring before it stops writing, or as it
 * ends, with every byte written in the longest way.
 */
export const HELD_BYTES_MAX = 4 * 1024 * 1024;

/** Bytes of lines that are held before the writer is to wait: what is sent from memory goes in batches, too. */
const HELD_BYTES_ENOUGH = 256 * 1024;

interface HeldLine {
  seq: number;
  line: string;
  bytes: number;
}

/** The lines behind the last one on disk, in memory. */
export class Held {
  readonly #lines: HeldLine[] = [];
  #bytes = 0;
  #emptied: PromiseWithResolvers<void> | undefined;

  get length(): number {
    return this.#lines.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get first(): HeldLine | undefined {
    return this.#lines[0];
  }

  get first_seq(): number | undefined {
    return this.#lines[0]?.seq;
  }

  /** Resolves once nothing is held; undefined where so little is that more may come. */
  get emptied(): Promise<void> | undefined {
    if (this.#bytes < HELD_BYTES_ENOUGH) return undefined;
    this.#emptied ??= Promise.withResolvers();
    return this.#emptied.promise;
  }

  add(seq: number, line: string): void {
    const bytes = Buffer.byteLength(line);
    this.#lines.push({ seq, line, bytes });
    this.#bytes += bytes;
  }

  /** Those from a sequence number on that is held, within bounds but for one line at least; undefined where it is not. */
  from(seq: number, bytes_max: number, chunks_max: number): SpooledBatch | undefined {
    const at = seq - (this.first_seq ?? Number.POSITIVE_INFINITY);
    if (at < 0) return undefined;
    const taken: string[] = [];
    let bytes = 0;
    for (const held of this.#lines.slice(at, at + chunks_max)) {
      bytes += held.bytes;
      if (taken.length > 0 && bytes > bytes_max) break;
      taken.push(held.line);
    }
    return { body: Buffer.from(taken.join("")), first_seq: seq, last_seq: seq + taken.length - 1 };
  }

  /** Those below a sequence number are on disk, or acknowledged. */
  dropBefore(seq: number): void {
    const kept = this.#lines.findIndex((held) => held.seq >= seq);
    const dropped = this.#lines.splice(0, kept === -1 ? this.#lines.length : kept);
    for (const { bytes } of dropped) this.#bytes -= bytes;
    if (this.#lines.length > 0) return;
    this.#emptied?.resolve();
    this.#emptied = undefined;
  }

  clear(): void {
    this.dropBefore(Number.POSITIVE_INFINITY);
  }
}
