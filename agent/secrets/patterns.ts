import { Automaton } from "./automaton.ts";

/** How much larger one automaton is than the next, at least. */
const GROWTH = 4;

interface Part {
  patterns: readonly Uint8Array[];
  automaton: Automaton;
}

/**
 * Patterns of which more and more become known. An automaton of all of them is not built again for each: the new ones get
 * one of their own, which swallows those that are not much larger, so that there are few and each pattern moves seldom.
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

  /** Automata that know all patterns between them, built when they are asked for; the same array until there are more. */
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
