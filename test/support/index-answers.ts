/** The part of D1 that the test uses. */
export interface Database {
  prepare(sql: string): Statement;
  batch(statements: Statement[]): Promise<object[]>;
}

interface Statement {
  bind(...values: unknown[]): Statement;
}

export interface Call {
  sql: string;
  values?: unknown[];
}

/** What a database answers to batches, one after another: each result with what depends on nothing but the statements, or the error's text. */
export async function answersOf(index: Database, batches: Call[][]): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const calls of batches) {
    const statements = calls.map(({ sql, values = [] }) => index.prepare(sql).bind(...values));
    answers.push(await index.batch(statements).then((results) => results.map(lasting), textOf));
  }
  return answers;
}

/** D1's times, sizes and names of machines differ between two databases. */
const LASTING = ["changes", "last_row_id", "changed_db", "rows_read", "rows_written"];

function lasting(result: object): object {
  return JSON.parse(JSON.stringify(result), (key, value) =>
    key === "meta" ? Object.fromEntries(LASTING.map((name) => [name, value[name]])) : value,
  );
}

function textOf(error: unknown): string {
  return String(error);
}
