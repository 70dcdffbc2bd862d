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
}

/**
 * The statement that reads the documents of a part. It merges the groups that match, newest row by newest row: a row costs one
 * search in an index, however many rows there are. Executions that have not completed come from their own index.
 */
export function mergedStatement({ filters, bounds, descending, offset, limit }: MergedPart): Term {
  const direction = descending ? "DESC" : "ASC";
  const rows_max = offset + limit;
  const groups = where([IS_COUNTED, ...countedTerms(filters)]);
  const after: Term = {
    sql: `(start_timestamp, id) ${descending ? "<" : ">"} (substr(merged.key, 1, ${START_CHARS}), substr(merged.key, ${START_CHARS + 1}))`,
    values: [],
  };
  const first = where([ofGroup("counted"), ...bounds]);
  const next = where([ofGroup("merged"), after, ...bounds]);
  const open = [IS_UNCOMPLETED, ...filters, ...bounds];
  const order = `ORDER BY start_timestamp ${direction}, id ${direction}`;
  return {
    sql: `WITH RECURSIVE merged (key, ${GROUP_COLUMNS}) AS (
        SELECT (SELECT ${KEY} FROM executions AS one ${first} ${order} LIMIT 1) AS key, ${GROUP_COLUMNS}
        FROM execution_counts AS counted ${groups}
        UNION ALL
        SELECT (SELECT ${KEY} FROM executions AS one ${next} ${order} LIMIT 1), ${GROUP_COLUMNS}
        FROM merged WHERE key IS NOT NULL
        ORDER BY key ${descending ? "DESC" : "ASC NULLS LAST"} LIMIT ?
      )
      SELECT executions.id, start_timestamp AS key, document FROM (
        SELECT key FROM merged WHERE key IS NOT NULL
        UNION ALL
        SELECT key FROM (SELECT ${KEY} AS key FROM executions ${where(open)} ${order} LIMIT ?)
        ORDER BY key ${direction} LIMIT ? OFFSET ?
      ) AS page CROSS JOIN executions ON executions.id = substr(page.key, ${START_CHARS + 1})
      ORDER BY page.key ${direction}`,
    values: [
      ...valuesOf(bounds),
      ...valuesOf(countedTerms(filters)),
      ...valuesOf(bounds),
      rows_max,
      ...valuesOf(open),
      rows_max,
      limit,
      offset,
    ],
  };
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
