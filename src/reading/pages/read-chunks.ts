/**
 * Characters of the log that a further request reads again before the lines that it searches: earlier rows may be drawn on, and the
 * beginnings of long lines.
 */
const LEAD_CHARS = 128 * 1024;
const LINE_LEAD_CHARS_MAX = 2 * 1024 * 1024;

/** The chunks that a request has read. */
export class ReadChunks {
  readonly #chunks: { seq: number; chars: number }[] = [];
  chars = 0;

  /** `chars`: the chunk's own. */
  add(seq: number, chars: number): void {
    this.#chunks.push({ seq, chars: this.chars });
    this.chars += chars;
  }

  /** The chunk from which a further request has to read lines that begin in a chunk. Each request comes further than the one before. */
  leadOf(seq: number): number {
    if (this.#chunks.length === 0) return seq;
    const at = this.#chunks.findLastIndex((chunk) => chunk.seq <= seq);
    const begins = this.#chunks[at]?.chars ?? 0;
    const from = Math.max(begins - LEAD_CHARS, this.chars - LINE_LEAD_CHARS_MAX);
    return this.#chunks.find(({ chars }) => chars >= from)?.seq ?? 1;
  }
}
