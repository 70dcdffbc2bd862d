/** A condition on the rows of a list; its values are bound in order. */
export interface Term {
  sql: string;
  values: (string | number)[];
  /** The same condition on the table of counts, if that table has the column. */
  counts_sql?: string;
  /** It names the executions of an id, a parent or a live action, which an SQL index of its own finds. */
  is_name?: true;
}

export function where(terms: readonly Term[]): string {
  return terms.length === 0 ? "" : `WHERE ${terms.map(({ sql }) => sql).join(" AND ")}`;
}

export function valuesOf(terms: readonly Term[]): (string | number)[] {
  return terms.flatMap(({ values }) => values);
}

/** The conditions on the table of counts. */
export function countedTerms(terms: readonly Term[]): Term[] {
  return terms.flatMap(({ counts_sql: sql, values }) => (sql === undefined ? [] : [{ sql, values }]));
}
