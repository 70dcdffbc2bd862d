import type { Execution } from "../../protocol/model/execution.ts";
import { amongMatching, countMatching, type MergedPart, mergedStatement } from "./execution-merge.ts";
import { type DocumentRow, readDocument } from "./executions.ts";
import { type Term, valuesOf, where } from "./term.ts";

/** The columns by which a list may be ordered; rows with equal values follow by their ids. */
export const SORT_COLUMNS = [
  "start_timestamp",
  "action",
  "status",
  "user",
  "runner",
  "liveaction",
  "id",
] as const;
export type SortColumn = (typeof SORT_COLUMNS)[number];

/** The filter of lists without children. The index of starts has it. */
export const NO_PARENT = "parent IS NULL";

/** The executions of a list, and their order. */
export interface Selection {
  terms: Term[];
  column: SortColumn;
  descending: boolean;
}

/** The start of a page: an offset among all matching rows, or the last row of the previous page. */
export type Start = { offset: number; total: number } | { column: string; id: string };

/** The rows of an answer: from an offset, up to a limit or to the end. */
export interface Part {
  offset: number;
  limit: number | undefined;
  /** How many executions match. */
  total: number;
}

interface Row extends DocumentRow {
  id: string;
  key: string;
}

/** How many rows match. */
export async function countRows(index: D1Database, selection: Selection): Promise<number> {
  const { sql, values } = countStatement(selection);
  const row = await index
    .prepare(sql)
    .bind(...values)
    .first<{ total: number }>();
  return row?.total ?? 0;
}

/** The matching executions, page by page from an offset: up to a limit, or all. Rows carry no result. */
export async function* readPages(
  index: D1Database,
  selection: Selection,
  { offset, total, limit = total }: Part,
): AsyncGenerator<Execution[], void, void> {
  let start: Start = { offset, total };
  for (let left = Math.min(limit, total - offset); left > 0; left -= PAGE_ROWS) {
    const rows_wanted = Math.min(left, PAGE_ROWS);
    const { sql, values } = pageStatement(selection, start, rows_wanted);
    const { results } = await index
      .prepare(sql)
      .bind(...values)
      .all<Row>();
    yield results.map(readDocument);
    const last = results.at(-1);
    if (last === undefined || results.length < rows_wanted) return;
    start = { column: last.key, id: last.id };
  }
}

/** Rows of one read. */
export const PAGE_ROWS = 100;

/** The statement that counts the matching rows: from stored counts if they cover the filters, and otherwise row by row. */
export function countStatement({ terms }: Selection): Term {
  const { names, filters, bounds } = kindsOf(terms);
  if (names.length === 0 && (filters.length > 0 || bounds.length === 0))
    return countMatching(filters, bounds);
  return { sql: `SELECT count(*) AS total FROM executions ${where(terms)}`, values: valuesOf(terms) };
}

/**
 * The statement that reads a page. A list by columns is merged from the groups that match. For other lists, the row at an offset
 * is found in an SQL index alone, from the nearer end; from that row, or from the end of the previous page, the page is read
 * by its key.
 */
export function pageStatement(selection: Selection, start: Start, limit: number): Term {
  const { terms, column, descending } = selection;
  const { names, filters, bounds } = kindsOf(terms);
  const is_filtered = names.length === 0 && filters.some(({ sql }) => sql !== NO_PARENT);
  if (is_filtered && column === "start_timestamp")
    return mergedStatement(partOf(start, limit, { filters, bounds, descending }));
  const narrowed = is_filtered ? [amongMatching(filters), ...bounds] : terms;
  const all = [...narrowed, ...startTerms({ terms: narrowed, column, descending }, start)];
  const order = orderBy(column, descending);
  return {
    sql: `SELECT id, ${column} AS key, document FROM executions ${where(all)} ${order} LIMIT ?`,
    values: [...valuesOf(all), limit],
  };
}

/** Names, filters by columns that the counts have too, and bounds of the start. */
function kindsOf(terms: readonly Term[]): Record<"names" | "filters" | "bounds", Term[]> {
  const names = terms.filter(({ is_name }) => is_name);
  const filters = terms.filter(({ counts_sql }) => counts_sql !== undefined);
  const bounds = terms.filter((term) => !names.includes(term) && !filters.includes(term));
  return { names, filters, bounds };
}

/** A page as a part of a merge: after the previous page, or at an offset from the nearer end. */
function partOf(
  start: Start,
  limit: number,
  { filters, bounds, descending }: Pick<MergedPart, "filters" | "bounds" | "descending">,
): MergedPart {
  if ("id" in start) {
    const after = afterTerm("start_timestamp", descending, start);
    return { filters, bounds: [...bounds, after], descending, offset: 0, limit };
  }
  const { offset, total } = start;
  const from_end = total - offset - limit;
  if (offset <= from_end) return { filters, bounds, descending, offset, limit };
  const [left, rows] = [Math.max(0, from_end), Math.min(limit, Math.max(0, total - offset))];
  return { filters, bounds, descending: !descending, offset: left, limit: rows, is_reversed: true };
}

function startTerms({ terms, column, descending }: Selection, start: Start): Term[] {
  if ("id" in start) return [afterTerm(column, descending, start)];
  if (start.offset === 0) return [];
  const from_end = start.total - 1 - start.offset;
  const is_near = start.offset <= from_end;
  const order = orderBy(column, is_near ? descending : !descending);
  const sql = `SELECT ${column}, id FROM executions ${where(terms)} ${order} LIMIT 1 OFFSET ?`;
  return [
    {
      sql: `(${column}, id) ${descending ? "<" : ">"}= (${sql})`,
      values: [...valuesOf(terms), is_near ? start.offset : from_end],
    },
  ];
}

function afterTerm(column: SortColumn, descending: boolean, last: { column: string; id: string }): Term {
  return { sql: `(${column}, id) ${descending ? "<" : ">"} (?, ?)`, values: [last.column, last.id] };
}

function orderBy(column: SortColumn, descending: boolean): string {
  const direction = descending ? "DESC" : "ASC";
  return `ORDER BY ${column} ${direction}, id ${direction}`;
}
