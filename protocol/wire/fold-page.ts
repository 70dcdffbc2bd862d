import type { FoldMark } from "./fold-scanner.ts";

/** The answer to one request for folds. `next` is the place to continue from. `done`: the present end of the output is reached. */
export interface FoldPage {
  marks: FoldMark[];
  next: number;
  total: number;
  done: boolean;
}
