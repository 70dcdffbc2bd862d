import { type Fold, isInside } from "./folds-of.ts";

/** The groups of an execution that has not succeeded in which the failure is: those with a line that reports an error, and the last one. */
export class Failing {
  /** The lines that report errors, in their order. */
  readonly #errors: readonly { from: number; to: number }[];
  #last: Fold | undefined;

  constructor(errors: readonly { from: number; to: number }[]) {
    this.#errors = errors;
  }

  /** All folds of the output, in their order. */
  take(folds: readonly Fold[]): void {
    this.#last = folds.findLast(({ kind }) => kind === "group");
  }

  /** `is_whole`: the places of the output are the numbers of its lines, as they are if all streams are shown. */
  has(fold: Fold, is_whole: boolean): boolean {
    if (fold.kind === "run") return false;
    if (this.#last === fold || (this.#last && isInside(this.#last.from, fold))) return true;
    const error = is_whole ? this.#firstFrom(fold.from) : undefined;
    return error !== undefined && error.from <= (fold.to ?? error.from);
  }

  /** The first error that ends at a place or after it. */
  #firstFrom(place: number): { from: number; to: number } | undefined {
    let [from, to] = [0, this.#errors.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#errors[middle]?.to ?? 0) < place) from = middle + 1;
      else to = middle;
    }
    return this.#errors[from];
  }
}
