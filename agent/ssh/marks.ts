/** The first byte of every mark. Output rarely contains it, so output is rarely held back. */
const BEGIN = 2;

/** The same byte for a shell's `printf`. */
export const BEGIN_ESCAPE = "\\002";
export const BEGIN_TEXT = String.fromCharCode(BEGIN);

/** Finds marks in a stream, which may be cut anywhere, and passes everything else on. */
export class MarkScanner {
  readonly #words: string[];
  readonly #longest: number;
  readonly #onData: (bytes: Buffer) => Promise<void> | undefined;
  readonly #onMark: (word: string) => void;
  /** Bytes that may be the beginning of a mark. */
  #held: Buffer = Buffer.alloc(0);

  constructor(
    words: string[],
    onData: (bytes: Buffer) => Promise<void> | undefined,
    onMark: (word: string) => void,
  ) {
    this.#words = words;
    this.#longest = Math.max(...words.map((word) => word.length));
    this.#onData = onData;
    this.#onMark = onMark;
  }

  /** Takes the next bytes. Returns the promise for the last bytes that were passed on. */
  scan(bytes: Buffer): Promise<void> | undefined {
    let taken: Promise<void> | undefined;
    let rest = this.#held.length > 0 ? Buffer.concat([this.#held, bytes]) : bytes;
    this.#held = Buffer.alloc(0);
    for (let at = rest.indexOf(BEGIN); at !== -1; at = rest.indexOf(BEGIN, at)) {
      const after = rest.toString("latin1", at + 1, at + 1 + this.#longest);
      const word = this.#words.find((one) => after.startsWith(one));
      if (word !== undefined) {
        taken = this.#pass(rest.subarray(0, at)) ?? taken;
        rest = rest.subarray(at + 1 + word.length);
        at = 0;
        this.#onMark(word);
      } else if (this.#words.some((one) => one.startsWith(after))) {
        this.#held = Buffer.from(rest.subarray(at));
        rest = rest.subarray(0, at);
      } else at += 1;
    }
    return this.#pass(rest) ?? taken;
  }

  /** The stream has ended: passes on held bytes, which are no mark. */
  end(): void {
    this.#pass(this.#held);
    this.#held = Buffer.alloc(0);
  }

  #pass(bytes: Buffer): Promise<void> | undefined {
    return bytes.length > 0 ? this.#onData(bytes) : undefined;
  }
}
