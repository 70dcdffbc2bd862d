import type { Budget } from "../values/budget.ts";
import { TemplateError } from "../values/errors.ts";

/** Characters of a rendered template. */
const OUTPUT_CHARS_MAX = 1024 * 1024;

/** What a part of a template prints. */
export class Output {
  readonly #budget: Budget;
  readonly #parts: string[] = [];
  #chars = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  add(text: string): void {
    this.#chars += text.length;
    if (this.#chars > OUTPUT_CHARS_MAX)
      throw new TemplateError(`its text has more than ${OUTPUT_CHARS_MAX} characters`);
    this.#budget.text(text.length);
    if (text !== "") this.#parts.push(text);
  }

  get text(): string {
    return this.#parts.join("");
  }
}
