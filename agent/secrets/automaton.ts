import { PREFIX_BYTES, Prefixes } from "./prefixes.ts";
import { ROOT, Transitions } from "./transitions.ts";

/**
 * The most bytes of all patterns together. Each takes 10 bytes of memory, or 14 if a pattern has 64 KiB. A state and a byte together
 * fit into a 32-bit key.
 */
export const PATTERN_BYTES_MAX = 2 ** 24 - 1;

/**
 * Finds every occurrence of many byte patterns in one pass (Aho and Corasick, 1975). It never changes, so streams can share it. A
 * state is the longest suffix of the bytes read that begins a pattern and needs more bytes.
 */
export class Automaton {
  readonly #next: Transitions;
  readonly #failure: Int32Array;
  readonly #depth: Lengths;
  /** The length of the longest pattern that ends in a state; 0 if none does. */
  readonly #ends: Lengths;
  readonly #prefixes: Prefixes;

  /** The patterns have at most `PATTERN_BYTES_MAX` bytes together. */
  constructor(patterns: readonly Uint8Array[]) {
    const bytes = patterns.reduce((sum, { length }) => sum + length, 0);
    if (bytes > PATTERN_BYTES_MAX) throw new RangeError(`The patterns have ${bytes} bytes together.`);
    this.#next = new Transitions(bytes + 1, patterns.length);
    const trie = growTrie(patterns, bytes, this.#next);
    this.#depth = trie.depth;
    this.#ends = trie.ends;
    this.#failure = linkFailures(trie, this.#next);
    for (let state = 1; state < this.#ends.length; state++) if (this.#ends[state]) this.#next.markEnd(state);
    this.#prefixes = new Prefixes(patterns, this.#next);
  }

  /** How many of the last bytes begin a pattern. */
  depth(state: number): number {
    return this.#depth[state] ?? 0;
  }

  /**
   * Reads the bytes from an offset on and returns the state after them. The bytes that led to the given state must precede the
   * offset. Of the occurrences that end at one place only the longest is found: it covers the others.
   */
  scan(bytes: Uint8Array, from: number, state: number, found: (start: number, end: number) => void): number {
    const next = this.#next;
    const prefixes = this.#prefixes;
    const failure = this.#failure;
    const last = bytes.length - PREFIX_BYTES;
    let now = state;
    for (let at = from; at < bytes.length; ) {
      if (now === ROOT) {
        at = prefixes.skip(bytes, at);
        if (prefixes.skips && at <= last) {
          now = prefixes.stateAt(bytes, at);
          at += now === ROOT ? 1 : PREFIX_BYTES;
        } else now = next.first(bytes[at++] ?? 0);
      } else {
        const following = next.after(now, bytes[at] ?? 0);
        if (following === ROOT) {
          now = failure[now] ?? ROOT;
          if (now === ROOT || !prefixes.skips) continue;
          // In a shallow state it is faster to search for the next beginning of a pattern than to continue.
          const read = this.depth(now);
          if (read >= PREFIX_BYTES) continue;
          at -= read;
          now = ROOT;
          continue;
        }
        now = following;
        at++;
      }
      if (!next.isEnd(now)) continue;
      found(at - (this.#ends[now] ?? 0), at);
      if (next.isLeaf(now)) now = failure[now] ?? ROOT;
    }
    return now;
  }
}

/** Lengths of patterns and of their beginnings, in bytes. Each takes two bytes if that is enough. */
type Lengths = Int32Array | Uint16Array;

/** The patterns as a tree of states. */
interface Trie {
  depth: Lengths;
  ends: Lengths;
  parent: Int32Array;
  byte: Uint8Array;
}

function growTrie(patterns: readonly Uint8Array[], bytes: number, next: Transitions): Trie {
  const longest = patterns.reduce((most, { length }) => Math.max(most, length), 0);
  const Lengths = longest > 0xffff ? Int32Array : Uint16Array;
  const depth = new Lengths(bytes + 1);
  const ends = new Lengths(bytes + 1);
  const parent = new Int32Array(bytes + 1);
  const byteOf = new Uint8Array(bytes + 1);
  let states = 1;
  for (const pattern of patterns) {
    let state = ROOT;
    for (let at = 0; at < pattern.length; at++) {
      const byte = pattern[at] ?? 0;
      let child = state === ROOT ? next.first(byte) : next.after(state, byte);
      if (child === ROOT) {
        child = states++;
        next.set(state, byte, child);
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
 * For each state, its longest proper suffix that is a state with children: where to continue if no child fits. Also adds to `ends` the
 * patterns that are a suffix of a state.
 */
function linkFailures(trie: Trie, next: Transitions): Int32Array {
  const { depth, ends, parent, byte } = trie;
  const failure = new Int32Array(depth.length);
  for (const state of byDepth(depth)) {
    if ((depth[state] ?? 0) < 2) continue;
    const last = byte[state] ?? 0;
    let shorter = failure[parent[state] ?? ROOT] ?? ROOT;
    let end = ROOT;
    while (shorter !== ROOT && end === ROOT) {
      end = next.after(shorter, last);
      shorter = failure[shorter] ?? ROOT;
    }
    if (end === ROOT) end = next.first(last);
    if (end === ROOT) continue;
    if (ends[state] === 0) ends[state] = ends[end] ?? 0;
    failure[state] = next.isLeaf(end) ? (failure[end] ?? ROOT) : end;
  }
  return failure;
}

/** All states, shallow ones first: a counting sort. */
function byDepth(depths: Lengths): Int32Array {
  let deepest = 0;
  for (const depth of depths) deepest = Math.max(deepest, depth);
  const place = new Int32Array(deepest + 2);
  for (const depth of depths) place[depth + 1] = (place[depth + 1] ?? 0) + 1;
  for (let depth = 1; depth <= deepest; depth++) place[depth] = (place[depth] ?? 0) + (place[depth - 1] ?? 0);
  const sorted = new Int32Array(depths.length);
  for (let state = 0; state < depths.length; state++) {
    const depth = depths[state] ?? 0;
    const at = place[depth] ?? 0;
    sorted[at] = state;
    place[depth] = at + 1;
  }
  return sorted;
}
