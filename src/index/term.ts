/** A condition on the rows of a list; its values are bound in order. */
export interface Term {
  sql: string;
  values: (string | number)[];
  /** The same on the table of counts, where that has what it is about. */
  counts_sql?: string;
}

export function where(terms: Term[]): string {
  return terms.length === 0 ? "" : `WHERE ${terms.map(({ sql }) => sql).join(" AND ")}`;
}

export function valuesOf(terms: Term[]): (string | number)[] {
  return terms.flatMap(({ values }) => values);
}
