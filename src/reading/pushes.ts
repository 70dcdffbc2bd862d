import { PUSHES_BYTES_MAX, PUSHES_KEPT_MS } from "../../protocol/base/reader-limits.ts";

/** The lines of a push, and the bytes that were made of them: all readers in this isolate share both. */
export class Push {
  readonly lines: string;
  readonly #made = new Map<string, Uint8Array>();
  readonly #grew: (bytes: number) => void;

  constructor(lines: string, grew: (bytes: number) => void) {
    this.lines = lines;
    this.#grew = grew;
  }

  /** The bytes of a format, made by the first reader that needs them. `format` names everything that they depend on. */
  bytes(format: string, make: () => Uint8Array): Uint8Array {
    const known = this.#made.get(format);
    if (known) return known;
    const made = make();
    this.#made.set(format, made);
    this.#grew(made.length);
    return made;
  }
}

interface Kept {
  push: Push;
  bytes: number;
  kept_ms: number;
}

/** The latest pushes that followers have carried into this isolate, by their ids. */
export class Pushes {
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  #readers = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** A reader begins. */
  join(): void {
    this.#readers++;
  }

  /** A reader ends. Nothing is kept without one. */
  leave(): void {
    this.#readers--;
    if (this.#readers > 0) return;
    this.#kept.clear();
    this.#bytes = 0;
  }

  keep(id: string, lines: string, now_ms: number): Push {
    const known = this.find(id);
    if (known) return known;
    const kept: Kept = {
      push: new Push(lines, (bytes) => this.#grow(id, kept, bytes)),
      // A character takes one or two bytes.
      bytes: 2 * lines.length,
      kept_ms: now_ms,
    };
    this.#kept.set(id, kept);
    this.#bytes += kept.bytes;
    this.sweep(now_ms);
    return kept.push;
  }

  find(id: string): Push | undefined {
    return this.#kept.get(id)?.push;
  }

  /** Forgets pushes that are too old, and the oldest while there are too many bytes. */
  sweep(now_ms: number): void {
    for (const [id, { bytes, kept_ms }] of this.#kept) {
      // A clock that was set back makes a push look new. It goes with those before it.
      if (this.#bytes <= PUSHES_BYTES_MAX && Math.abs(now_ms - kept_ms) < PUSHES_KEPT_MS) return;
      this.#kept.delete(id);
      this.#bytes -= bytes;
    }
  }

  #grow(id: string, kept: Kept, bytes: number): void {
    // A reader may still use a push that is forgotten.
    if (this.#kept.get(id) !== kept) return;
    kept.bytes += bytes;
    this.#bytes += bytes;
  }
}

/** The pushes that all requests of this isolate share. Strings and bytes may be shared; sockets and streams may not. */
export const PUSHES = new Pushes();

let name: string | undefined;

/** The name of this isolate. It is made at the first request: an isolate has no random numbers before. */
export function isolateName(): string {
  name ??= crypto.randomUUID();
  return name;
}
