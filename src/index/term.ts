/** A condition on the rows of a list; its values are bound in order. */
export interface Term {
  sql: string;
  values: (string | number)[];
  /** The same condition on the table of counts, if that table has the column. */
  counts_sql?: string;
}

export function where(terms: Term[]): string {
  return terms.length === 0 ? "" : `WHERE ${terms.map(({ sql }) => sql).join(" AND ")}`;
}

export function valuesOf(terms: Term[]): (string | number)[] {
  return terms.flatMap(({ values }) => values);
}
