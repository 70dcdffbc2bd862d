/** A stretch of a text. */
export interface Span {
  start: number;
  end: number;
}

/**
 * A text that is looked for. Each character is read about once, however often the text overlaps itself, and the search goes
 * on over a cut (Knuth, Morris and Pratt's algorithm).
 */
export class Sought {
  readonly length: number;
  readonly #codes: Uint16Array;
  /** How many characters of the text's beginning each of its beginnings ends with, besides itself. */
  readonly #borders: Uint16Array;
  /** What the runtime's own search finds soonest, and in a time that the text does not change. */
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
   * Where it stands in a text, occurrences that touch each other as one stretch, and with how much of it the text ends. Of
   * what it goes on from, `matched` characters are its beginning: an occurrence may start below zero.
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

  /** How much of the text there is with one character more. */
  #next(count: number, code: number | undefined): number {
    let next = count;
    while (next > 0 && this.#codes[next] !== code) next = this.#borders[next - 1] ?? 0;
    return this.#codes[next] === code ? next + 1 : 0;
  }
}

/** Characters of a text that are found at once: so few that looking for them is no more than that many comparisons each. */
const BEGIN_CHARS = 4;

/** Stretches in their order, those that touch each other as one. */
export function joined(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const span of spans.toSorted((one, other) => one.start - other.start)) extend(all, span);
  return all;
}

/** Adds a stretch that starts no earlier than the last one. */
function extend(spans: Span[], { start, end }: Span): void {
  const last = spans.at(-1);
  if (last && start <= last.end) last.end = Math.max(last.end, end);
  else spans.push({ start, end });
}

/** What is found of each text. Stretches are joined now and then: all occurrences at once may be too many for memory. */
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

/** Stretches that may be many times as many as they need to be. */
const APART_MAX = 1000;
