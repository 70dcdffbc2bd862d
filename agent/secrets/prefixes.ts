import { SPREAD, Table, type Transitions } from "./transitions.ts";

/** The first bytes of a pattern, which decide whether a search looks closer. */
export const PREFIX_BYTES = 4;

/** The longest step of a search. */
const STRIDE_MAX = 16;

/** Bits of a filter for each entry: of the words that are not in it, about one in this many passes the filter. */
const BITS_PER_ENTRY = 8;

/**
 * Finds places where a pattern may begin. A search looks at one place in `stride`: whether its bytes are near the start of a pattern.
 * Only then does it look at each place in between, first in a filter, then in the table of all beginnings.
 */
export class Prefixes {
  /** Whether a search can skip bytes. A pattern shorter than a prefix could begin anywhere. */
  readonly skips: boolean;
  readonly #stride: number;
  readonly #near: Filter;
  readonly #begins: Filter;
  readonly #states: Table;

  constructor(patterns: readonly Uint8Array[], next: Transitions) {
    const shortest = patterns.reduce(
      (least, { length }) => Math.min(least, length),
      PREFIX_BYTES + STRIDE_MAX,
    );
    this.skips = shortest >= PREFIX_BYTES;
    this.#stride = this.skips ? Math.min(STRIDE_MAX, shortest - PREFIX_BYTES + 1) : 1;
    this.#near = new Filter(this.skips ? patterns.length * this.#stride : 0);
    this.#begins = new Filter(this.skips ? patterns.length : 0);
    this.#states = new Table(this.skips ? patterns.length : 0);
    if (!this.skips) return;
    for (const pattern of patterns) {
      for (let at = 0; at < this.#stride; at++) this.#near.add(wordAt(pattern, at));
      const word = wordAt(pattern, 0);
      this.#begins.add(word);
      this.#states.set(word, walk(pattern, next));
    }
  }

  /** The first place from this one on where a pattern may begin. Near the end, every place counts. */
  skip(bytes: Uint8Array, from: number): number {
    const last = bytes.length - PREFIX_BYTES;
    if (!this.skips || from > last) return from;
    const step = this.#stride;
    let at = from;
    for (let ahead = at + step - 1; ahead <= last; ahead += step) {
      if (this.#near.has(wordAt(bytes, ahead))) {
        for (; at <= ahead; at++) if (this.#begins.has(wordAt(bytes, at))) return at;
      }
      at = ahead + 1;
    }
    for (; at <= last; at++) if (this.#begins.has(wordAt(bytes, at))) return at;
    return at;
  }

  /** The state after the prefix at a place; the root if no pattern begins with it. */
  stateAt(bytes: Uint8Array, at: number): number {
    return this.#states.get(wordAt(bytes, at));
  }
}

/** A bitmap of hashes: it contains all words that were added, and some others. */
class Filter {
  readonly #bitmap: Int32Array;
  readonly #shift: number;

  constructor(entries: number) {
    const bits = 32 - Math.clz32(Math.max(2 ** 10, entries * BITS_PER_ENTRY) - 1);
    this.#bitmap = new Int32Array(2 ** bits / 32);
    this.#shift = 32 - bits;
  }

  add(word: number): void {
    const bit = Math.imul(word, SPREAD) >>> this.#shift;
    this.#bitmap[bit >>> 5] = (this.#bitmap[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }

  has(word: number): boolean {
    const bit = Math.imul(word, SPREAD) >>> this.#shift;
    return (((this.#bitmap[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) !== 0;
  }
}

/** `PREFIX_BYTES` bytes as one number. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)
  );
}

/** The state after a pattern's prefix. */
function walk(pattern: Uint8Array, next: Transitions): number {
  let state = next.first(pattern[0] ?? 0);
  for (let at = 1; at < PREFIX_BYTES; at++) state = next.after(state, pattern[at] ?? 0);
  return state;
}
