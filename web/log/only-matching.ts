import { grouped } from "../base/grouped.ts";
import { type HiddenRows, RowMap } from "./folds/row-map.ts";

/** The rows of matches, with the lines around each. `rows`: of the matches, in their order. */
export function matchingRows(rows: readonly number[], around: number): RowMap {
  const hidden: HiddenRows[] = [];
  let first = 0;
  for (const row of rows) {
    if (row - around > first) hidden.push({ first, last: row - around - 1 });
    first = Math.max(first, row + around + 1);
  }
  hidden.push({ first, last: Number.POSITIVE_INFINITY });
  return new RowMap(hidden);
}

/** Marks a row before which rows are hidden. */
export function markSkip(row: HTMLElement, count: number): void {
  if (count === 0) return;
  row.classList.add("skip");
  row.title = `${grouped(count)} lines are not shown before this one; click for all`;
}
