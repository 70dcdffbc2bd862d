import { MASK, SECRET_BYTES_MIN } from "../../protocol/model/mask.ts";
import type { Automaton } from "./automaton.ts";
import { ROOT } from "./transitions.ts";

/** How long bytes may be held back before the owner calls `release`, in milliseconds. */
export const HELD_MS_MAX = 1000;

const MASK_BYTES = Buffer.from(MASK);
const NOTHING = Buffer.alloc(0);

/** A part of the stream that is covered by occurrences, in bytes from the stream's beginning. */
type Span = { start: number; end: number };

/**
 * Masks the secrets in one stream, which may be cut anywhere. Occurrences that overlap become one mask, those that only touch become
 * two. It holds back bytes that may be part of a secret: at most as many as the longest pattern has.
 */
export class Masker {
  #automata: readonly Automaton[] = [];
  /** The state of each automaton. */
  #states: number[] = [];
  /** The last bytes read, from the first place where a new occurrence may begin, and their place in the stream. */
  #tail: Buffer = NOTHING;
  #tailStart = 0;
  /** The covered parts that may still grow, in order. Of the bytes before the tail, only these are known. */
  #spans: Span[] = [];
  /** Everything before this place is shown. `#maskLast`: a mask was shown last. */
  #shown = 0;
  #maskLast = false;

  constructor(automata: readonly Automaton[]) {
    this.replace(automata);
  }

  /** How many of the last bytes are held back. */
  get held(): number {
    return this.#end - this.#shown;
  }

  /** Takes the stream's next bytes and returns those that may be shown now. They may be in the same memory. */
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
   * Shows bytes that were held for too long, except a beginning of a secret with `SECRET_BYTES_MIN` bytes or more: of that, only the
   * covered parts are shown, as masks. If a secret that began in the shown bytes continues, the rest of it is masked.
   */
  release(): Buffer {
    const pending = this.#pending;
    if (this.#end - pending < SECRET_BYTES_MIN) return this.#show(this.#end);
    const open = this.#spans.find(({ end }) => end > pending);
    return this.#show(open !== undefined && open.start <= pending ? open.end : this.#decided);
  }

  /** The stream has ended: shows all held bytes. The masker can then begin a new stream. */
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
   * Continues with other automata, which also search the held bytes. Covered parts stay covered. Does nothing if the automata are
   * the same.
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

  /** The place of the longest suffix of the stream that begins a secret: every new occurrence starts here or later. */
  get #pending(): number {
    let depth = 0;
    for (const [nth, automaton] of this.#automata.entries())
      depth = Math.max(depth, automaton.depth(this.#states[nth] ?? ROOT));
    return this.#end - depth;
  }

  /** No new occurrence changes anything before this place. */
  get #decided(): number {
    const pending = this.#pending;
    const open = this.#spans.find(({ end }) => end > pending);
    return Math.min(pending, open?.start ?? pending);
  }

  /** Searches the tail from a place on, and covers the occurrences. */
  #scan(from: number): void {
    const found: Span[] = [];
    const start = this.#tailStart;
    const note = (first: number, end: number) => void found.push({ start: start + first, end: start + end });
    for (const [nth, automaton] of this.#automata.entries()) {
      this.#states[nth] = automaton.scan(this.#tail, from, this.#states[nth] ?? ROOT, note);
    }
    // Sorted, because each automaton searches on its own and may find what is covered already.
    const all = [...this.#spans, ...found].sort((one, other) => one.end - other.end);
    this.#spans = [];
    for (const { start, end } of all) this.#cover(start, end);
  }

  /** Adds an occurrence and joins those that it overlaps. No earlier occurrence ends after it. */
  #cover(start: number, end: number): void {
    const spans = this.#spans;
    let from = start;
    for (let last = spans.at(-1); last !== undefined && last.end > from; last = spans.at(-1)) {
      from = Math.min(from, last.start);
      spans.pop();
    }
    spans.push({ start: from, end });
  }

  /** Shows the bytes before a place that no span crosses, each span as one mask. */
  #show(bound: number): Buffer {
    const parts: Buffer[] = [];
    for (const { start, end } of this.#spans) {
      if (end > bound) break;
      if (end <= this.#shown) continue;
      if (start > this.#shown) parts.push(this.#bytes(start));
      // If `release` has shown the mask of this span's beginning, that mask also covers the rest.
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

  /** The stream's bytes from the last shown byte to a place. */
  #bytes(until: number): Buffer {
    return this.#tail.subarray(this.#shown - this.#tailStart, until - this.#tailStart);
  }

  /** Drops the bytes that no new occurrence can touch, and copies the rest: the memory belongs to the caller of `push`. */
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
  const bytes = Buffer.from(text);
  // Without a secret the text stays itself: a result's texts are long, and most have none.
  if (!hasOccurrence(automata, bytes)) return text;
  const masker = new Masker(automata);
  return Buffer.concat([masker.push(bytes), masker.finish()]).toString();
}

function hasOccurrence(automata: readonly Automaton[], bytes: Buffer): boolean {
  let is_found = false;
  for (const automaton of automata)
    automaton.scan(bytes, 0, ROOT, () => {
      is_found = true;
    });
  return is_found;
}
