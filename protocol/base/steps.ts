import { TailraceError } from "./errors.ts";

/**
 * The work that one request may still cost. A Worker cannot interrupt a computation, so code that computes with users' texts
 * counts its own steps. A step takes some tens of nanoseconds.
 */
export class Steps {
  #left: number;

  constructor(steps_max: number) {
    this.#left = steps_max;
  }

  /** Counts work before it is done. Throws `too_costly` beyond the limit. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new TailraceError("too_costly");
  }
}
