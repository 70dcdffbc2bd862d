/** The state in which no pattern has begun. */
export const ROOT = 0;

/** 2^32 divided by the golden ratio: multiplying by it spreads neighbouring keys (Knuth, TAOCP 6.4). */
export const SPREAD = 0x9e3779b1;

/** That the state with the next number is a child: the only one, but where `BRANCHES` is set too. */
const CONTINUES = 0x100;
const BRANCHES = 0x200;
/** That a pattern ends in the state. */
const ENDS = 0x400;

/**
 * Which state follows on a state and a byte. Most states have one child, which has the number after theirs: of those the
 * byte is kept, side by side, as a search goes through them. The others are in a table of hashes.
 */
export class Transitions {
  readonly #first = new Int32Array(256);
  /** Per state the byte on which the next number follows, and the flags. */
  readonly #chain: Uint16Array;
  readonly #branches: Table;

  /** A pattern leaves what is known of it at one state at most. */
  constructor(states: number, patterns: number) {
    this.#chain = new Uint16Array(states);
    this.#branches = new Table(patterns);
  }

  /** The state after the first byte of a pattern. */
  first(byte: number): number {
    return this.#first[byte] ?? ROOT;
  }

  /** The state that follows on one which is not the root. */
  after(state: number, byte: number): number {
    const chain = this.#chain[state] ?? 0;
    if ((chain & (CONTINUES | 0xff)) === (CONTINUES | byte)) return state + 1;
    if ((chain & BRANCHES) === 0) return ROOT;
    return this.#branches.get((state << 8) | byte);
  }

  set(state: number, byte: number, next: number): void {
    if (state === ROOT) this.#first[byte] = next;
    else if (next === state + 1) this.#chain[state] = CONTINUES | byte;
    else {
      this.#chain[state] = (this.#chain[state] ?? 0) | BRANCHES;
      this.#branches.set((state << 8) | byte, next);
    }
  }

  markEnd(state: number): void {
    this.#chain[state] = (this.#chain[state] ?? 0) | ENDS;
  }

  isEnd(state: number): boolean {
    return ((this.#chain[state] ?? 0) & ENDS) !== 0;
  }

  isLeaf(state: number): boolean {
    return ((this.#chain[state] ?? 0) & (CONTINUES | BRANCHES)) === 0;
  }
}

/** States by 32-bit keys. A slot is a key and its state; one that is empty has the root's. */
export class Table {
  readonly #slots: Int32Array;
  readonly #shift: number;
  readonly #mask: number;

  /** At most half of the slots are ever taken, so a search meets an empty one soon. */
  constructor(count: number) {
    const bits = 33 - Math.clz32(count);
    this.#slots = new Int32Array(2 * 2 ** bits);
    this.#shift = 32 - bits;
    this.#mask = 2 ** bits - 1;
  }

  get(key: number): number {
    return this.#slots[2 * this.#slot(key) + 1] ?? ROOT;
  }

  set(key: number, state: number): void {
    const slot = this.#slot(key);
    this.#slots[2 * slot] = key;
    this.#slots[2 * slot + 1] = state;
  }

  #slot(key: number): number {
    // The states where secrets of one length branch are evenly spaced: multiplied alone, such keys can all come to lie together.
    const mixed = Math.imul(key ^ (key >>> 15), SPREAD);
    let slot = Math.imul(mixed ^ (mixed >>> 13), SPREAD) >>> this.#shift;
    while (this.#slots[2 * slot + 1] !== ROOT && this.#slots[2 * slot] !== key)
      slot = (slot + 1) & this.#mask;
    return slot;
  }
}
