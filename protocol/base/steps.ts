import { TailraceError } from "./errors.ts";

/**
 * What is left of the work that one wish of a user may cost. Nothing stops a computation in a Worker from outside, so what
 * computes with what users write counts what it does. A step takes some tens of nanoseconds.
 */
export class Steps {
  #left: number;

  constructor(steps_max: number) {
    this.#left = steps_max;
  }

  /** Counts work that is about to be done. Throws `too_costly` once there is more than allowed. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new TailraceError("too_costly");
  }
}
