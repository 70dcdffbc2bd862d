import type { Steps } from "../base/steps.ts";

/** Characters of a text that a filter gets or makes. A text that is too large would end the whole process. */
const FILTER_CHARS_MAX = 4 * 1024 * 1024;

/** Characters that are read or written in the time of a step. */
export const STEP_CHARS = 4;

/** Parts that are kept before they are joined: many short parts take more memory than their text. */
const PARTS_MAX = 16 * 1024;

/** Throws for more characters than a filter's text may have. */
export function refuseLong(chars: number): void {
  if (chars > FILTER_CHARS_MAX) throw new Error(`the text has more than ${FILTER_CHARS_MAX} characters`);
}

/** A text that a filter puts together. A text with too many characters is refused before it is made. */
export class BoundedText {
  readonly #steps: Steps;
  #text = "";
  #parts: string[] = [];
  #chars = 0;

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  /** Counts characters before they are made. */
  expect(chars: number): void {
    this.#chars += chars;
    refuseLong(this.#chars);
    this.#steps.spend(1 + chars / STEP_CHARS);
  }

  add(part: string): void {
    this.expect(part.length);
    this.#parts.push(part);
    if (this.#parts.length === PARTS_MAX) this.#join();
  }

  toString(): string {
    this.#join();
    return this.#text;
  }

  #join(): void {
    this.#text += this.#parts.join("");
    this.#parts = [];
  }
}
