/** How long the report of a start waits for output or the end, which then goes with it. */
const START_WAIT_MS = 10;

/** How long the first output waits for the end: a short program ends right after it. */
const OUTPUT_WAIT_MS = 3;

/**
 * When the first request of a run goes. A program that ends at once is reported by one request, with its start, its output and its
 * end. So the start waits for a moment, and with output for less. A server of an earlier release gets each by itself, at once.
 */
export class Beginning {
  readonly #onOver: () => void;
  #takes_whole: boolean;
  #is_over = false;
  #has_output = false;
  #timer: NodeJS.Timeout | undefined;

  /** `onOver` is called when the wait has ended by itself. */
  constructor(takes_whole: boolean, onOver: () => void) {
    this.#takes_whole = takes_whole;
    this.#onOver = onOver;
  }

  /** Whether the server takes a start and output with the end. */
  get takes_whole(): boolean {
    return this.#takes_whole;
  }

  /** Whether the first request waits. */
  get waits(): boolean {
    return this.#takes_whole && !this.#is_over;
  }

  /** The program has started. */
  started(): void {
    this.#wait(this.#has_output ? OUTPUT_WAIT_MS : START_WAIT_MS);
  }

  /** Output has come. */
  output(): void {
    if (this.#has_output) return;
    this.#has_output = true;
    if (this.#timer) this.#wait(OUTPUT_WAIT_MS);
  }

  /** The first request goes now, or none will go. */
  end(): void {
    this.#is_over = true;
    clearTimeout(this.#timer);
  }

  /** The server's log and this run differ, or the server refuses a whole end: each part is reported by itself. */
  separate(): void {
    this.#takes_whole = false;
  }

  #wait(wait_ms: number): void {
    clearTimeout(this.#timer);
    // A busy agent is late: first it takes the output and the end that have come already.
    if (this.waits) this.#timer = setTimeout(() => setImmediate(() => this.#over()), wait_ms);
  }

  #over(): void {
    if (this.#is_over) return;
    this.#is_over = true;
    this.#onOver();
  }
}
