import { type Automaton, ROOT } from "./automaton.ts";
import { SECRET_BYTES_MIN } from "./forms.ts";

/** How long the owner lets bytes be held back before it calls `release`, in milliseconds. */
export const HELD_MS_MAX = 1000;

/** What is shown for a secret. */
export const MASK = "********";

const MASK_BYTES = Buffer.from(MASK);
const NOTHING = Buffer.alloc(0);

/** A stretch of the stream that occurrences cover, in bytes from its beginning. */
type Span = { start: number; end: number };

/**
 * Masks the secrets in one stream, however it is cut: occurrences that overlap become one mask, those that only touch
 * become two. Held back is what may yet be part of a secret, at most as many bytes as the longest pattern has.
 */
export class Masker {
  #automaton: Automaton;
  #state = ROOT;
  /** The last bytes read, from where the next occurrence may begin at the earliest, and their place in the stream. */
  #tail: Buffer = NOTHING;
  #tailStart = 0;
  /** The covered stretches that may still grow, in order. Bytes before the tail are held by these alone. */
  #spans: Span[] = [];
  /** Everything before this place is written, and whether a mask was written last. */
  #shown = 0;
  #maskLast = false;

  constructor(automaton: Automaton) {
    this.#automaton = automaton;
  }

  /** Whether bytes are held back. */
  get holds(): boolean {
    return this.#shown < this.#end;
  }

  /** Takes what the stream wrote and returns what may be shown now, which may be a part of the same memory. */
  push(bytes: Buffer): Buffer {
    if (this.#automaton.empty && this.#tail.length === 0) return bytes;
    const held = this.#tail.length;
    this.#tail = held === 0 ? bytes : Buffer.concat([this.#tail, bytes]);
    this.#state = this.#automaton.scan(this.#tail, held, this.#state, this.#found);
    const shown = this.#show(this.#decided);
    this.#forget();
    return shown;
  }

  /**
   * Shows what was held for too long, unless it begins a secret with `SECRET_BYTES_MIN` bytes or more. When a secret
   * that began in what this shows goes on, the rest of it is masked.
   */
  release(): Buffer {
    const short = this.#automaton.depth(this.#state) < SECRET_BYTES_MIN;
    return this.#show(short ? this.#end : this.#decided);
  }

  /** Shows everything else, as the stream has ended; the masker is then as new. */
  finish(): Buffer {
    const rest = this.#show(this.#end);
    this.#state = ROOT;
    this.#tail = NOTHING;
    this.#tailStart = 0;
    this.#spans = [];
    this.#shown = 0;
    this.#maskLast = false;
    return rest;
  }

  /** Goes on with other secrets, which are also looked for in what is held. What the old ones cover stays covered. */
  replace(automaton: Automaton): void {
    const covered = this.#spans;
    this.#spans = [];
    this.#automaton = automaton;
    this.#state = automaton.scan(this.#tail, 0, ROOT, this.#found);
    const all = [...covered, ...this.#spans].sort((one, other) => one.start - other.start);
    this.#spans = [];
    for (const { start, end } of all) this.#cover(start, end);
  }

  get #end(): number {
    return this.#tailStart + this.#tail.length;
  }

  /** Where the longest end of the stream begins that begins a secret: every occurrence to come starts here or later. */
  get #pending(): number {
    return this.#end - this.#automaton.depth(this.#state);
  }

  /** The place before which no occurrence to come changes anything. */
  get #decided(): number {
    const pending = this.#pending;
    const open = this.#spans.find(({ end }) => end > pending);
    return Math.min(pending, open?.start ?? pending);
  }

  readonly #found = (start: number, end: number): void => {
    this.#cover(this.#tailStart + start, this.#tailStart + end);
  };

  /** Adds an occurrence that ends after all before it, or starts after all before it; joins those it overlaps. */
  #cover(start: number, end: number): void {
    const spans = this.#spans;
    const last = spans.at(-1);
    if (last === undefined || last.end <= start) {
      spans.push({ start, end });
      return;
    }
    last.start = Math.min(last.start, start);
    last.end = Math.max(last.end, end);
    for (let below = spans.at(-2); below !== undefined && below.end > last.start; below = spans.at(-2)) {
      last.start = Math.min(last.start, below.start);
      spans.splice(-2, 1);
    }
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
export function maskText(automaton: Automaton, text: string): string {
  const masker = new Masker(automaton);
  return Buffer.concat([masker.push(Buffer.from(text)), masker.finish()]).toString();
}
