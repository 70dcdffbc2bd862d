import { MASK, SECRET_BYTES_MIN } from "../../protocol/model/mask.ts";
import type { Automaton } from "./automaton.ts";
import { ROOT } from "./transitions.ts";

/** How long the owner lets bytes be held back before it calls `release`, in milliseconds. */
export const HELD_MS_MAX = 1000;

const MASK_BYTES = Buffer.from(MASK);
const NOTHING = Buffer.alloc(0);

/** A stretch of the stream that occurrences cover, in bytes from its beginning. */
type Span = { start: number; end: number };

/**
 * Masks the secrets in one stream, however it is cut: occurrences that overlap become one mask, those that only touch
 * become two. Held back is what may yet be part of a secret, at most as many bytes as the longest pattern has.
 */
export class Masker {
  #automata: readonly Automaton[] = [];
  /** Of each automaton its state. */
  #states: number[] = [];
  /** The last bytes read, from where the next occurrence may begin at the earliest, and their place in the stream. */
  #tail: Buffer = NOTHING;
  #tailStart = 0;
  /** The covered stretches that may still grow, in order. Bytes before the tail are held by these alone. */
  #spans: Span[] = [];
  /** Everything before this place is written, and whether a mask was written last. */
  #shown = 0;
  #maskLast = false;

  constructor(automata: readonly Automaton[]) {
    this.replace(automata);
  }

  /** How many of the last bytes are held back. */
  get held(): number {
    return this.#end - this.#shown;
  }

  /** Takes what the stream wrote and returns what may be shown now, which may be a part of the same memory. */
  push(bytes: Buffer): Buffer {
    if (this.#automata.length === 0 && this.#tail.length === 0) return bytes;
    const held = this.#tail.length;
    this.#tail = held === 0 ? bytes : Buffer.concat([this.#tail, bytes]);
    this.#scan(held);
    const shown = this.#show(this.#decided);
    this.#forget();
    return shown;
  }

  /**
   * Shows what was held for too long, but for what begins a secret with `SECRET_BYTES_MIN` bytes or more: of that only
   * what is covered already, as masks. When a secret that began in what this shows goes on, the rest of it is masked.
   */
  release(): Buffer {
    const pending = this.#pending;
    if (this.#end - pending < SECRET_BYTES_MIN) return this.#show(this.#end);
    const open = this.#spans.find(({ end }) => end > pending);
    return this.#show(open !== undefined && open.start <= pending ? open.end : this.#decided);
  }

  /** Shows everything else, as the stream has ended; the masker is then as new. */
  finish(): Buffer {
    const rest = this.#show(this.#end);
    this.#states.fill(ROOT);
    this.#tail = NOTHING;
    this.#tailStart = 0;
    this.#spans = [];
    this.#shown = 0;
    this.#maskLast = false;
    return rest;
  }

  /**
   * Goes on with other automata, whose patterns are also looked for in what is held; what is covered stays covered.
   * Nothing is done when they are the same as before.
   */
  replace(automata: readonly Automaton[]): void {
    if (automata === this.#automata) return;
    this.#automata = automata;
    this.#states = automata.map(() => ROOT);
    this.#scan(0);
  }

  get #end(): number {
    return this.#tailStart + this.#tail.length;
  }

  /** Where the longest end of the stream begins that begins a secret: every occurrence to come starts here or later. */
  get #pending(): number {
    let depth = 0;
    for (const [nth, automaton] of this.#automata.entries())
      depth = Math.max(depth, automaton.depth(this.#states[nth] ?? ROOT));
    return this.#end - depth;
  }

  /** The place before which no occurrence to come changes anything. */
  get #decided(): number {
    const pending = this.#pending;
    const open = this.#spans.find(({ end }) => end > pending);
    return Math.min(pending, open?.start ?? pending);
  }

  /** Goes through the tail from a place on, and covers what it finds. */
  #scan(from: number): void {
    const found: Span[] = [];
    const start = this.#tailStart;
    const note = (first: number, end: number) => void found.push({ start: start + first, end: start + end });
    for (const [nth, automaton] of this.#automata.entries()) {
      this.#states[nth] = automaton.scan(this.#tail, from, this.#states[nth] ?? ROOT, note);
    }
    // Several automata find one after another, and of what is held what is covered already.
    const all = [...this.#spans, ...found].sort((one, other) => one.end - other.end);
    this.#spans = [];
    for (const { start, end } of all) this.#cover(start, end);
  }

  /** Adds an occurrence that ends where all before it end, or later; joins those it overlaps. */
  #cover(start: number, end: number): void {
    const spans = this.#spans;
    let from = start;
    for (let last = spans.at(-1); last !== undefined && last.end > from; last = spans.at(-1)) {
      from = Math.min(from, last.start);
      spans.pop();
    }
    spans.push({ start: from, end });
  }

  /** What is not shown yet and stands before a place that no span crosses, each span as one mask. */
  #show(bound: number): Buffer {
    const parts: Buffer[] = [];
    for (const { start, end } of this.#spans) {
      if (end > bound) break;
      if (end <= this.#shown) continue;
      if (start > this.#shown) parts.push(this.#bytes(start));
      // A span that grew out of one whose mask `release` has shown goes on under that mask.
      if (start >= this.#shown || !this.#maskLast) parts.push(MASK_BYTES);
      this.#shown = end;
      this.#maskLast = true;
    }
    if (bound > this.#shown) {
      parts.push(this.#bytes(bound));
      this.#shown = bound;
      this.#maskLast = false;
    }
    const [only = NOTHING] = parts;
    return parts.length > 1 ? Buffer.concat(parts) : only;
  }

  /** What the stream wrote from the last shown byte to a place. */
  #bytes(until: number): Buffer {
    return this.#tail.subarray(this.#shown - this.#tailStart, until - this.#tailStart);
  }

  /** Drops what no occurrence to come can touch, and copies the rest: the memory belongs to whoever pushed it. */
  #forget(): void {
    const pending = this.#pending;
    const decided = this.#spans.findIndex(({ end }) => end > pending);
    this.#spans.splice(0, decided === -1 ? this.#spans.length : decided);
    const rest = this.#tail.subarray(pending - this.#tailStart);
    this.#tail = rest.length === 0 ? NOTHING : Buffer.from(rest);
    this.#tailStart = pending;
  }
}

/** A whole text, masked. */
export function maskText(automata: readonly Automaton[], text: string): string {
  const masker = new Masker(automata);
  return Buffer.concat([masker.push(Buffer.from(text)), masker.finish()]).toString();
}
