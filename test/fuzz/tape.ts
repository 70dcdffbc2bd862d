/** The reported characters of an input. No input has more. */
const CHARS_MAX = 64 * 1024;

const HEAD_BYTES = 8;

/**
 * Memory that a run's thread shares with its watcher: the number of inputs that it has begun, and the present one. So an input
 * that hangs or ends the thread is known.
 */
export class Tape {
  readonly memory: SharedArrayBuffer;
  readonly #head: Int32Array;
  readonly #chars: Buffer;

  constructor(memory = new SharedArrayBuffer(HEAD_BYTES + 2 * CHARS_MAX)) {
    this.memory = memory;
    this.#head = new Int32Array(memory, 0, 2);
    this.#chars = Buffer.from(memory, HEAD_BYTES);
  }

  begin(input: string): void {
    this.#head[1] = this.#chars.write(input, "utf16le") / 2;
    Atomics.add(this.#head, 0, 1);
  }

  get begun(): number {
    return Atomics.load(this.#head, 0);
  }

  get input(): string {
    return this.#chars.toString("utf16le", 0, 2 * (this.#head[1] ?? 0));
  }
}
