/** The state in which no pattern has begun. */
export const ROOT = 0;

/** How many bytes all patterns may have together; each takes 14 of memory. A state and a byte make one 32-bit key. */
export const PATTERN_BYTES_MAX = 2 ** 23;

/** The bytes at the start of a pattern that decide whether the scan looks closer. */
const PREFIX_BYTES = 4;

/** Bits of the filter for each pattern: one position in 64 of ordinary text, at most, is looked at for nothing. */
const FILTER_BITS_PER_PATTERN = 64;

/** 2^32 divided by the golden ratio: multiplying by it spreads neighbouring keys (Knuth, TAOCP 6.4). */
const SPREAD = 0x9e3779b1;

/**
 * Finds every occurrence of many byte patterns in one pass (Aho and Corasick, 1975). It never changes, so any number
 * of streams share one. A state is the longest end of what was read that begins some pattern and needs more bytes.
 */
export class Automaton {
  readonly #first = new Int32Array(256);
  readonly #next: Transitions;
  readonly #failure: Int32Array;
  readonly #depth: Int32Array;
  /** The length of the longest pattern that ends in a state, 0 where none does. */
  readonly #ends: Int32Array;
  readonly #filter: PrefixFilter;
  /** In a state that is less deep than this it is quicker to ask the filter again than to go on. */
  readonly #shallow: number;

  /** The patterns have at most `PATTERN_BYTES_MAX` bytes together, and each has one at least. */
  constructor(patterns: readonly Uint8Array[]) {
    const bytes = patterns.reduce((sum, { length }) => sum + length, 0);
    if (bytes > PATTERN_BYTES_MAX) throw new RangeError(`The patterns have ${bytes} bytes together.`);
    this.#next = new Transitions(bytes + 1, patterns.length);
    const trie = growTrie(patterns, bytes, this.#first, this.#next);
    this.#depth = trie.depth;
    this.#ends = trie.ends;
    this.#failure = linkFailures(trie, this.#first, this.#next);
    this.#filter = new PrefixFilter(patterns);
    this.#shallow = this.#filter.skips ? PREFIX_BYTES : 0;
  }

  /** How many of the last bytes begin a pattern. */
  depth(state: number): number {
    return this.#depth[state] ?? 0;
  }

  /**
   * Reads the bytes from an offset on and returns the state after them. Before the offset stand at least the bytes
   * that led to the state. Of the occurrences that end at one place only the longest is found, as it covers the rest.
   */
  scan(bytes: Uint8Array, from: number, state: number, found: (start: number, end: number) => void): number {
    const first = this.#first;
    const next = this.#next;
    const failure = this.#failure;
    const depth = this.#depth;
    const ends = this.#ends;
    const shallow = this.#shallow;
    let now = state;
    for (let at = from; at < bytes.length; ) {
      if (now === ROOT) {
        at = this.#filter.skip(bytes, at);
        now = first[bytes[at] ?? 0] ?? ROOT;
      } else {
        const following = next.get(now, bytes[at] ?? 0);
        if (following === ROOT) {
          now = failure[now] ?? ROOT;
          const read = depth[now] ?? 0;
          if (read < shallow) {
            at -= read;
            now = ROOT;
          }
          continue;
        }
        now = following;
      }
      at++;
      const length = ends[now] ?? 0;
      if (length === 0) continue;
      found(at - length, at);
      if (next.isLeaf(now)) now = failure[now] ?? ROOT;
    }
    return now;
  }
}

/** That the state with the next number is a child: the only one, but where `BRANCHES` is set too. */
const CONTINUES = 0x100;
const BRANCHES = 0x200;

/**
 * Which state follows on a state and a byte, but for the root's. Most states have one child, which has the number after
 * theirs: of those the byte is kept, side by side, as a search goes through them. The others are in a table of hashes.
 */
class Transitions {
  /** Per state the byte on which the next number follows, and the flags. */
  readonly #chain: Uint16Array;
  /** A slot is a key and its value. At most half of the slots are ever taken, so a search meets an empty one soon. */
  readonly #slots: Int32Array;
  readonly #shift: number;
  readonly #mask: number;

  /** A pattern leaves what is known of it at one state at most. */
  constructor(states: number, patterns: number) {
    this.#chain = new Uint16Array(states);
    const bits = 33 - Math.clz32(patterns);
    this.#slots = new Int32Array(2 * 2 ** bits);
    this.#shift = 32 - bits;
    this.#mask = 2 ** bits - 1;
  }

  isLeaf(state: number): boolean {
    return this.#chain[state] === 0;
  }

  get(state: number, byte: number): number {
    const chain = this.#chain[state] ?? 0;
    if ((chain & ~BRANCHES) === (CONTINUES | byte)) return state + 1;
    if ((chain & BRANCHES) === 0) return ROOT;
    return this.#slots[2 * this.#slot((state << 8) | byte) + 1] ?? ROOT;
  }

  set(state: number, byte: number, next: number): void {
    if (next === state + 1) {
      this.#chain[state] = CONTINUES | byte;
      return;
    }
    this.#chain[state] = (this.#chain[state] ?? 0) | BRANCHES;
    const key = (state << 8) | byte;
    this.#slots.set([key, next], 2 * this.#slot(key));
  }

  /** The slot of a key, or the empty one in which it would stand: no key is 0, as the root is not here. */
  #slot(key: number): number {
    let slot = Math.imul(key, SPREAD) >>> this.#shift;
    for (;;) {
      const taken = this.#slots[2 * slot];
      if (taken === key || taken === 0) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }
}

/** Which beginnings of `PREFIX_BYTES` bytes some pattern may have, as a bitmap of their hashes. */
class PrefixFilter {
  /** A pattern shorter than a prefix could begin anywhere, so with one nothing is skipped. */
  readonly skips: boolean;
  readonly #bitmap: Int32Array;
  readonly #shift: number;

  constructor(patterns: readonly Uint8Array[]) {
    this.skips = patterns.every(({ length }) => length >= PREFIX_BYTES);
    const bits = 32 - Math.clz32(Math.max(2 ** 10, patterns.length * FILTER_BITS_PER_PATTERN) - 1);
    this.#bitmap = new Int32Array(2 ** bits / 32);
    this.#shift = 32 - bits;
    for (const pattern of patterns) {
      let prefix = 0;
      for (const byte of pattern.subarray(0, PREFIX_BYTES)) prefix = (prefix << 8) | byte;
      const bit = Math.imul(prefix, SPREAD) >>> this.#shift;
      this.#bitmap[bit >>> 5] = (this.#bitmap[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
  }

  /** The first place at or after this one where a pattern may begin: where too few bytes follow, any may. */
  skip(bytes: Uint8Array, from: number): number {
    const last = bytes.length - PREFIX_BYTES;
    if (!this.skips || from > last) return from;
    const bitmap = this.#bitmap;
    const shift = this.#shift;
    let prefix = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
    for (let at = from; at <= last; at++) {
      prefix = (prefix << 8) | (bytes[at + PREFIX_BYTES - 1] ?? 0);
      const bit = Math.imul(prefix, SPREAD) >>> shift;
      if ((((bitmap[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) !== 0) return at;
    }
    return last + 1;
  }
}

/** The patterns as a tree of states. */
interface Trie {
  depth: Int32Array;
  ends: Int32Array;
  parent: Int32Array;
  byte: Uint8Array;
}

function growTrie(
  patterns: readonly Uint8Array[],
  bytes: number,
  first: Int32Array,
  next: Transitions,
): Trie {
  const depth = new Int32Array(bytes + 1);
  const ends = new Int32Array(bytes + 1);
  const parent = new Int32Array(bytes + 1);
  const byteOf = new Uint8Array(bytes + 1);
  let states = 1;
  for (const pattern of patterns) {
    let state = ROOT;
    for (let at = 0; at < pattern.length; at++) {
      const byte = pattern[at] ?? 0;
      let child = state === ROOT ? (first[byte] ?? ROOT) : next.get(state, byte);
      if (child === ROOT) {
        child = states++;
        if (state === ROOT) first[byte] = child;
        else next.set(state, byte, child);
        depth[child] = at + 1;
        parent[child] = state;
        byteOf[child] = byte;
      }
      state = child;
    }
    ends[state] = pattern.length;
  }
  return {
    depth: depth.slice(0, states),
    ends: ends.slice(0, states),
    parent: parent.subarray(0, states),
    byte: byteOf.subarray(0, states),
  };
}

/**
 * For each state the longest proper end of it that is a state and has children: where to go on when no child fits.
 * Also completes `ends` with the patterns that end in a state without beginning where it does.
 */
function linkFailures(trie: Trie, first: Int32Array, next: Transitions): Int32Array {
  const { depth, ends, parent, byte } = trie;
  const failure = new Int32Array(depth.length);
  for (const state of byDepth(depth)) {
    if ((depth[state] ?? 0) < 2) continue;
    const last = byte[state] ?? 0;
    let shorter = failure[parent[state] ?? ROOT] ?? ROOT;
    let end = ROOT;
    while (shorter !== ROOT && end === ROOT) {
      end = next.get(shorter, last);
      shorter = failure[shorter] ?? ROOT;
    }
    if (end === ROOT) end = first[last] ?? ROOT;
    if (end === ROOT) continue;
    if (ends[state] === 0) ends[state] = ends[end] ?? 0;
    failure[state] = next.isLeaf(end) ? (failure[end] ?? ROOT) : end;
  }
  return failure;
}

/** All states, the shallow ones first: a counting sort. */
function byDepth(depth: Int32Array): Int32Array {
  const deepest = depth.reduce((most, of) => Math.max(most, of), 0);
  const place = new Int32Array(deepest + 2);
  for (const of of depth) place[of + 1] = (place[of + 1] ?? 0) + 1;
  for (let of = 1; of <= deepest; of++) place[of] = (place[of] ?? 0) + (place[of - 1] ?? 0);
  const sorted = new Int32Array(depth.length);
  for (let state = 0; state < depth.length; state++) {
    const of = depth[state] ?? 0;
    const at = place[of] ?? 0;
    sorted[at] = state;
    place[of] = at + 1;
  }
  return sorted;
}
