import type { SpooledBatch } from "./batch.ts";

/**
 * The most bytes of lines that are held while the disk takes none: what a program's pipes bring before the program has to wait, or at
 * its end, with every byte in its longest form.
 */
export const HELD_BYTES_MAX = 4 * 1024 * 1024;

/** Bytes of held lines from which the writer must wait. With this much, batches can be sent from memory. */
const HELD_BYTES_ENOUGH = 256 * 1024;

interface HeldLine {
  seq: number;
  line: Buffer;
}

/** The lines after the last one on disk, in memory. */
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

  /** Resolves once no line is held; undefined if so few are held that more may come. */
  get emptied(): Promise<void> | undefined {
    if (this.#bytes < HELD_BYTES_ENOUGH) return undefined;
    this.#emptied ??= Promise.withResolvers();
    return this.#emptied.promise;
  }

  /** Copies the line: its memory is used again. */
  add(seq: number, line: Buffer): void {
    this.#lines.push({ seq, line: Buffer.from(line) });
    this.#bytes += line.length;
  }

  /** The lines from a sequence number on, within bounds and at least one; undefined if that line is not held. */
  from(seq: number, bytes_max: number, chunks_max: number): SpooledBatch | undefined {
    const at = seq - (this.first_seq ?? Number.POSITIVE_INFINITY);
    if (at < 0) return undefined;
    const taken: Buffer[] = [];
    let bytes = 0;
    for (const { line } of this.#lines.slice(at, at + chunks_max)) {
      bytes += line.length;
      if (taken.length > 0 && bytes > bytes_max) break;
      taken.push(line);
    }
    return { body: Buffer.concat(taken), first_seq: seq, last_seq: seq + taken.length - 1 };
  }

  /** Drops the lines below a sequence number: they are on disk, or acknowledged. */
  dropBefore(seq: number): void {
    const kept = this.#lines.findIndex((held) => held.seq >= seq);
    const dropped = this.#lines.splice(0, kept === -1 ? this.#lines.length : kept);
    for (const { line } of dropped) this.#bytes -= line.length;
    if (this.#lines.length > 0) return;
    this.#emptied?.resolve();
    this.#emptied = undefined;
  }

  clear(): void {
    this.dropBefore(Number.POSITIVE_INFINITY);
  }
}
