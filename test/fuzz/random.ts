/** Random numbers from a seed: the same ones on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 up to, but not including, a bound. */
  below(bound: number): number {
    // Mulberry32, which is in the public domain.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  /** True once in this many times, on average. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }
}

/** A number made from a text, such as a seed for each input. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** A text in pieces, cut at places that depend on the text only. */
export function piecesOf<T extends { length: number; slice(from: number, to: number): T }>(
  whole: T,
  seed: number,
  pieces_max = PIECES_MAX,
): T[] {
  const random = new Random(seed);
  const longest = 1 + random.below(random.oneIn(3) ? 4 : 64);
  const pieces: T[] = [];
  for (let at = 0; at < whole.length; ) {
    const length = pieces.length < pieces_max - 1 ? 1 + random.below(longest) : whole.length;
    pieces.push(whole.slice(at, at + length));
    at += length;
  }
  return pieces;
}

/** After this many pieces, the rest is one piece: a long text shows nothing more. */
const PIECES_MAX = 200;
