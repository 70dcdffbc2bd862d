/** A range in a text. */
export interface Span {
  start: number;
  end: number;
}

/**
 * A text to search for, by the algorithm of Knuth, Morris and Pratt: it reads each character about once, and a search can
 * continue across a cut.
 */
export class Sought {
  readonly length: number;
  readonly #codes: Uint16Array;
  /** For each prefix of the text: the length of its longest proper prefix that is also its suffix. */
  readonly #borders: Uint16Array;
  /** The first characters, which the runtime's own search finds fast, whatever the text is. */
  readonly #begin: string;

  constructor(text: string) {
    this.length = text.length;
    this.#codes = Uint16Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
    this.#borders = new Uint16Array(text.length);
    this.#begin = text.slice(0, BEGIN_CHARS);
    for (let at = 1; at < text.length; at++) {
      this.#borders[at] = this.#next(this.#borders[at - 1] ?? 0, this.#codes[at]);
    }
  }

  /**
   * Its occurrences in a text, as ranges (touching ones are joined), and how many of its first characters the text ends
   * with. `matched` is that number for the part before: an occurrence may then start below zero.
   */
  find(text: string, matched = 0): { spans: Span[]; matched: number } {
    const spans: Span[] = [];
    let count = matched;
    for (let at = 0; at < text.length; at++) {
      if (count === 0) {
        const begin = text.indexOf(this.#begin, at);
        at = begin === -1 ? Math.max(at, text.length - this.#begin.length + 1) : begin;
        if (at >= text.length) break;
      }
      count = this.#next(count, text.charCodeAt(at));
      if (count === this.length) {
        extend(spans, { start: at + 1 - count, end: at + 1 });
        count = this.#borders[count - 1] ?? 0;
      }
    }
    return { spans, matched: count };
  }

  /** How many characters are matched after one more character. */
  #next(count: number, code: number | undefined): number {
    let next = count;
    while (next > 0 && this.#codes[next] !== code) next = this.#borders[next - 1] ?? 0;
    return this.#codes[next] === code ? next + 1 : 0;
  }
}

/** Characters that the runtime's search looks for: few, so that each position costs at most this many comparisons. */
const BEGIN_CHARS = 4;

/** The ranges in order; touching ones are joined. */
export function joined(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const span of spans.toSorted((one, other) => one.start - other.start)) extend(all, span);
  return all;
}

/** Adds a range that starts no earlier than the last one. */
function extend(spans: Span[], { start, end }: Span): void {
  const last = spans.at(-1);
  if (last && start <= last.end) last.end = Math.max(last.end, end);
  else spans.push({ start, end });
}

/**
 * The ranges found for all texts. They are joined from time to time, because all occurrences may be too many for memory.
 */
export function foundOf(texts: readonly Sought[], find: (text: Sought, at: number) => Span[]): Span[] {
  let all: Span[] = [];
  let [at, apart_max] = [0, APART_MAX];
  for (const text of texts) {
    for (const span of find(text, at++)) all.push(span);
    if (all.length <= apart_max) continue;
    all = joined(all);
    apart_max = Math.max(APART_MAX, 2 * all.length);
  }
  return joined(all);
}

/** The number of ranges above which they are joined for the first time. */
const APART_MAX = 1000;
