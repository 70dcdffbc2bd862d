/** The state in which no pattern has begun. */
export const ROOT = 0;

/** 2^32 divided by the golden ratio: multiplying by it spreads neighbouring keys (Knuth, TAOCP 6.4). */
export const SPREAD = 0x9e3779b1;

/** The state with the next number is a child: the only one, unless `BRANCHES` is set too. */
const CONTINUES = 0x100;
const BRANCHES = 0x200;
/** A pattern ends in the state. */
const ENDS = 0x400;

/**
 * The state that follows a state and a byte. Most states have one child, with the next number: for those, an array has the byte, in
 * the order of a search. The other transitions are in a hash table.
 */
export class Transitions {
  readonly #first = new Int32Array(256);
  /** For each state, the byte that leads to the next number, and the flags. */
  readonly #chain: Uint16Array;
  readonly #branches: Table;

  /** Each pattern adds at most one transition that is not to the next number. */
  constructor(states: number, patterns: number) {
    this.#chain = new Uint16Array(states);
    this.#branches = new Table(patterns);
  }

  /** The state after the first byte of a pattern. */
  first(byte: number): number {
    return this.#first[byte] ?? ROOT;
  }

  /** The state after a state that is not the root. */
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

/** A hash table of states by 32-bit keys. A slot has a key and its state; an empty slot has the root's. */
export class Table {
  readonly #slots: Int32Array;
  readonly #shift: number;
  readonly #mask: number;

  /** At most half of the slots are taken, so a search soon meets an empty one. */
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
    // Secrets of one length branch in evenly spaced states. Multiplication alone could put such keys side by side.
    const mixed = Math.imul(key ^ (key >>> 15), SPREAD);
    let slot = Math.imul(mixed ^ (mixed >>> 13), SPREAD) >>> this.#shift;
    while (this.#slots[2 * slot + 1] !== ROOT && this.#slots[2 * slot] !== key)
      slot = (slot + 1) & this.#mask;
    return slot;
  }
}
