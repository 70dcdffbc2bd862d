import type { Execution } from "../../../protocol/model/execution.ts";
import { type Filter, matches, PAGE_ROWS } from "./filter.ts";

/** A page of the list: executions, the newest first. */
export interface ListedPage {
  filter: Filter;
  rows: readonly Execution[];
  /** The number of executions on all pages. */
  total: number;
}

/** An event of the stream. */
export interface Change {
  execution: Execution;
  is_new: boolean;
}

/** The page after a change of an execution: its row is replaced, or added if the execution now matches the filter. */
export function withChange(page: ListedPage, { execution: changed, is_new }: Change): ListedPage {
  const { filter, rows, total } = page;
  const at = rows.findIndex(({ id }) => id === changed.id);
  const shown = rows[at];
  if (shown) return { ...page, rows: rows.with(at, later(changed, shown)) };
  // Only the status changes: an old execution that matches the other filters is on a later page.
  if (!(is_new || filter.status !== "") || !matches(changed, filter, Date.now())) return page;
  // On a later page, a new execution is only counted.
  if (filter.offset > 0) return { ...page, total: total + 1 };
  const older = rows.findIndex(({ start_timestamp }) => start_timestamp <= changed.start_timestamp);
  const place = older === -1 ? rows.length : older;
  return { ...page, rows: rows.toSpliced(place, 0, changed).slice(0, PAGE_ROWS), total: total + 1 };
}

/**
 * A page that was just read, with newer documents that the stream has brought already: the index may be a moment behind.
 */
export function withRead(read: ListedPage, before: ListedPage | undefined): ListedPage {
  const known = new Map(before?.rows.map((row) => [row.id, row]));
  const rows = read.rows.map((row) => later(row, known.get(row.id) ?? row));
  return { ...read, rows };
}

/** The newer of an execution's two documents; the first if both are equally new. */
function later(one: Execution, other: Execution): Execution {
  return one.log.length >= other.log.length ? one : other;
}
