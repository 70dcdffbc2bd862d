import { counts } from "./counts.ts";

/** The index's own statement of each counting one, and its text. A batch takes the own ones. */
const made = new WeakMap<object, { own: D1PreparedStatement; sql: string }>();

/** An index that counts the rows that it reads and writes. */
export function countIndex(index: D1Database): D1Database {
  return new Proxy(index, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => countStatement(target.prepare(sql), sql);
      if (name === "batch")
        return async (statements: D1PreparedStatement[]) => {
          const results = await target.batch(statements.map((one) => made.get(one)?.own ?? one));
          for (const [at, { meta }] of results.entries())
            count(meta, made.get(statements[at] ?? {})?.sql ?? "");
          return results;
        };
      return bound(target, name);
    },
  });
}

function countStatement(statement: D1PreparedStatement, sql: string): D1PreparedStatement {
  const counting = new Proxy(statement, {
    get(target, name) {
      if (name === "bind") return (...values: unknown[]) => countStatement(target.bind(...values), sql);
      if (name === "first")
        return async (column?: string) => {
          const { results } = await all(target, sql);
          const [row = null] = results;
          return row === null || column === undefined ? row : row[column];
        };
      if (name === "run" || name === "all") return () => all(target, sql);
      if (name === "raw") throw new Error("the rows of D1PreparedStatement.raw are not counted");
      return bound(target, name);
    },
  });
  made.set(counting, { own: statement, sql });
  return counting;
}

async function all(statement: D1PreparedStatement, sql: string): Promise<D1Result<Record<string, unknown>>> {
  const result = await statement.all();
  count(result.meta, sql);
  return result;
}

function count({ rows_read, rows_written }: D1Meta, sql: string): void {
  counts.d1_rows_read += rows_read;
  if (/\baudit\b/.test(sql)) counts.audit_rows_written += rows_written;
  else counts.d1_rows_written += rows_written;
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name, target);
  return typeof value === "function" ? value.bind(target) : value;
}
