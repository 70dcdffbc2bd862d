import { Automaton } from "./automaton.ts";

/** Each automaton has at least this many times as many patterns as the next. */
const GROWTH = 4;

interface Part {
  patterns: readonly Uint8Array[];
  automaton: Automaton;
}

/**
 * A growing set of patterns. New patterns get an automaton of their own, which takes in those that are not much larger. So there are
 * few automata, and each pattern is rebuilt rarely.
 */
export class Patterns {
  #fresh: Uint8Array[] = [];
  #parts: Part[] = [];
  #automata: readonly Automaton[] = [];
  #bytes = 0;

  /** Bytes of all patterns. */
  get bytes(): number {
    return this.#bytes;
  }

  add(patterns: Iterable<Uint8Array>): void {
    for (const pattern of patterns) {
      this.#fresh.push(pattern);
      this.#bytes += pattern.length;
    }
  }

  /** Automata that find all patterns together. They are built here; the array stays the same until patterns are added. */
  get automata(): readonly Automaton[] {
    if (this.#fresh.length === 0) return this.#automata;
    let patterns: readonly Uint8Array[] = this.#fresh;
    this.#fresh = [];
    for (let last = this.#parts.at(-1); last !== undefined; last = this.#parts.at(-1)) {
      if (last.patterns.length >= GROWTH * patterns.length) break;
      patterns = [...last.patterns, ...patterns];
      this.#parts.pop();
    }
    this.#parts.push({ patterns, automaton: new Automaton(patterns) });
    this.#automata = this.#parts.map(({ automaton }) => automaton);
    return this.#automata;
  }
}
