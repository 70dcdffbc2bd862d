import { GROUP_COLUMNS, IS_COUNTED, IS_UNCOMPLETED, ofGroup } from "./completed.ts";
import { countedTerms, type Term, valuesOf, where } from "./term.ts";

/** A part of a list in the order of its starts: its filters, its direction, and the rows to pass over and to read. */
export interface MergedPart {
  /** The filters by columns of the groups. */
  filters: readonly Term[];
  /** Bounds of the start, and the end of the previous page. */
  bounds: readonly Term[];
  descending: boolean;
  offset: number;
  limit: number;
  /** The order of the answer, if the part is read from the other end of the list. */
  is_reversed?: boolean;
}

/** From this offset on, a merge begins near the first wanted row. */
const DEEP_ROWS = 200;

/**
 * The statement that reads the documents of a part. It merges the groups that match, row by row in the list's order: a row costs
 * one search in an index, however many rows there are. Executions that have not completed come from their own index.
 */
export function mergedStatement(part: MergedPart): Term {
  const { filters, descending, offset, limit, is_reversed = false } = part;
  const begin = offset < DEEP_ROWS ? undefined : nearOffset(part);
  const bounds = begin === undefined ? part.bounds : [...part.bounds, fromPivot(descending)];
  const order = orderOf(descending);
  const groups = where([IS_COUNTED, ...countedTerms(filters)]);
  const first = where([ofGroup("counted"), ...bounds]);
  const next = where([ofGroup("merged"), afterKey("merged", descending), ...bounds]);
  const open = [IS_UNCOMPLETED, ...filters, ...bounds];
  const left = begin === undefined ? "?" : "(SELECT ? - passed FROM pivot)";
  return {
    sql: `WITH RECURSIVE ${begin?.sql ?? ""} merged (key, ${GROUP_COLUMNS}) AS (
        SELECT (SELECT ${KEY} FROM executions AS one ${first} ${order.rows} LIMIT 1) AS key, ${GROUP_COLUMNS}
        FROM execution_counts AS counted ${groups}
        UNION ALL
        SELECT (SELECT ${KEY} FROM executions AS one ${next} ${order.rows} LIMIT 1), ${GROUP_COLUMNS}
        FROM merged WHERE key IS NOT NULL
        ORDER BY ${order.keys} NULLS LAST LIMIT ${left}
      )
      SELECT executions.id, start_timestamp AS key, document FROM (
        SELECT key FROM merged WHERE key IS NOT NULL
        UNION ALL
        SELECT key FROM (SELECT ${KEY} AS key FROM executions ${where(open)} ${order.rows} LIMIT ${left})
        ORDER BY ${order.keys} LIMIT ? OFFSET ${left}
      ) AS page CROSS JOIN executions ON executions.id = substr(page.key, ${START_CHARS + 1})
      ORDER BY page.${orderOf(descending !== is_reversed).keys}`,
    values: [
      ...(begin?.values ?? []),
      ...valuesOf(bounds),
      ...valuesOf(countedTerms(filters)),
      ...valuesOf(bounds),
      offset + limit,
      ...valuesOf(open),
      offset + limit,
      limit,
      offset,
    ],
  };
}

/**
 * The key from which a merge passes over few rows, as the query `pivot`, and how many rows are before it. It is guessed: the row of the
 * largest group as far into it as the offset is into all. If that is too far, the merge begins at the first row.
 */
function nearOffset({ filters, bounds, descending, offset }: MergedPart): Term {
  const order = orderOf(descending);
  const counted = countedTerms(filters);
  const edge = descending ? "'~'" : "''";
  const largest = `SELECT * FROM execution_counts ${where([IS_COUNTED, ...counted])} ORDER BY count DESC LIMIT 1`;
  const share = `SELECT CAST(? * max(count) / sum(count) AS INTEGER) FROM execution_counts ${where([IS_COUNTED, ...counted])}`;
  const guess = `SELECT ${KEY} FROM executions AS one ${where([ofGroup("largest"), ...bounds])} ${order.rows}
    LIMIT 1 OFFSET (${share})`;
  const passed = where([ofGroup("counted"), afterKey("guessed", !descending), ...bounds]);
  const open = [IS_UNCOMPLETED, ...filters, afterKey("guessed", !descending), ...bounds];
  return {
    sql: `guessed (key) AS MATERIALIZED (
        SELECT coalesce((SELECT (${guess}) FROM (${largest}) AS largest), ${edge})),
      ranked (key, passed) AS MATERIALIZED (
        SELECT key, (SELECT coalesce(sum((SELECT count(*) FROM executions AS one ${passed})), 0)
            FROM execution_counts AS counted ${where(counted)})
          + (SELECT count(*) FROM executions ${where(open)})
        FROM guessed),
      pivot (key, passed) AS MATERIALIZED (
        SELECT iif(passed <= ?, key, ${edge}), iif(passed <= ?, passed, 0) FROM ranked),`,
    values: [
      ...valuesOf(bounds),
      offset * NEARLY,
      ...valuesOf(counted),
      ...valuesOf(counted),
      ...valuesOf(bounds),
      ...valuesOf(counted),
      ...valuesOf(open),
      offset,
      offset,
    ],
  };
}

/** The share of an offset at which the first wanted row is looked for: a guess that is too far is of no use. */
const NEARLY = 0.98;

/** The rows from the pivot on. */
function fromPivot(descending: boolean): Term {
  return {
    sql: `(start_timestamp, id) ${descending ? "<" : ">"}= (SELECT ${partsOf("pivot")} FROM pivot)`,
    values: [],
  };
}

/** The rows after a key, in a direction. */
function afterKey(table: string, descending: boolean): Term {
  return { sql: `(start_timestamp, id) ${descending ? "<" : ">"} (${partsOf(table)})`, values: [] };
}

function orderOf(descending: boolean): { rows: string; keys: string } {
  const direction = descending ? "DESC" : "ASC";
  return { rows: `ORDER BY start_timestamp ${direction}, id ${direction}`, keys: `key ${direction}` };
}

/** The statement that counts the rows that match: it adds up stored counts, or counts within bounds in each group that matches. */
export function countMatching(filters: readonly Term[], bounds: readonly Term[]): Term {
  const counted = countedTerms(filters);
  const completed =
    bounds.length === 0
      ? "sum(count)"
      : `sum((SELECT count(*) FROM executions AS one ${where([ofGroup("counted"), ...bounds])}))`;
  const open = [IS_UNCOMPLETED, ...filters, ...bounds];
  return {
    sql: `SELECT (SELECT coalesce(${completed}, 0) FROM execution_counts AS counted ${where(counted)})
      + (SELECT count(*) FROM executions ${where(open)}) AS total`,
    values: [...valuesOf(bounds), ...valuesOf(counted), ...valuesOf(open)],
  };
}

/** The term of the executions that match filters, for an order that no index has: all of them are read. */
export function amongMatching(filters: readonly Term[]): Term {
  const counted = countedTerms(filters);
  const open = [IS_UNCOMPLETED, ...filters];
  return {
    sql: `id IN (
      SELECT one.id FROM (SELECT * FROM execution_counts ${where(counted)}) AS counted
        CROSS JOIN executions AS one ON ${ofGroup("counted").sql}
      UNION ALL SELECT id FROM executions ${where(open)})`,
    values: [...valuesOf(counted), ...valuesOf(open)],
  };
}

/** A row's place in the order of starts, as one value. A timestamp always has as many characters. */
const START_CHARS = "2026-01-01T00:00:00.000000Z".length;
const KEY = "start_timestamp || id";

/** The two columns of a key. */
function partsOf(table: string): string {
  return `substr(${table}.key, 1, ${START_CHARS}), substr(${table}.key, ${START_CHARS + 1})`;
}
