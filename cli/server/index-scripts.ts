/**
 * The Worker's binding of D1 in the local server: the engine's own, which calls the database's object directly, with the values as
 * they are. Through D1's Worker, each query would be two requests with JSON.
 */
export const INDEX_BINDING = `
import makeBinding from "cloudflare-internal:d1-api";
export default ({ OBJECTS, NAME }) => {
  const query = (request) => OBJECTS.get(OBJECTS.idFromName(NAME)).query(request);
  return makeBinding({ fetcher: { query } });
};
`;

/**
 * The database's object: Miniflare's for the private socket, and `query` for the binding. It answers what Miniflare's answers, in one
 * transaction and without checking the request, which comes from the engine's own binding.
 */
export function indexScript(workers: string): string {
  return `
import { DurableObject } from "cloudflare:workers";
import { D1DatabaseObject as HttpDatabase } from "${workers}/d1/database.worker.js";

export class D1DatabaseObject extends DurableObject {
  #http = new HttpDatabase(this.ctx, this.env);

  fetch(request) {
    return this.#http.fetch(request);
  }

  query({ queries }) {
    const { storage } = this.ctx;
    return storage.transactionSync(() => {
      let before = this.#state();
      const results = queries.map(({ sql, params }) => {
        const started = performance.now();
        const cursor = storage.sql.exec(sql, ...(params ?? []).map(toBound));
        const rows = cursor.raw().toArray().map((row) => row.map(toAnswer));
        const duration = performance.now() - started;
        const after = this.#state();
        const changes = after.total - before.total;
        const meta = {
          served_by: "tailrace",
          served_by_primary: true,
          total_attempts: 1,
          timings: { sql_duration_ms: duration },
          duration,
          changes,
          last_row_id: after.last_row_id,
          changed_db: changes > 0 || after.last_row_id !== before.last_row_id || after.size !== before.size,
          size_after: after.size,
          rows_read: cursor.rowsRead,
          rows_written: cursor.rowsWritten,
        };
        before = after;
        return { meta, data: { kind: "raw", columns: cursor.columnNames, rows } };
      });
      return { results };
    });
  }

  /** The size, and the rows that the connection has changed, with those that triggers changed. */
  #state() {
    const { sql } = this.ctx.storage;
    const counts = sql.exec("SELECT total_changes() AS total, last_insert_rowid() AS last_row_id").one();
    return { ...counts, size: sql.databaseSize };
  }
}

const pass = (request, { OBJECTS, NAME }) =>
  OBJECTS.get(OBJECTS.idFromName(NAME)).fetch(request, { cf: { miniflare: { name: NAME } } });

/** The private socket. */
export const Private = {
  fetch: (request, env) =>
    request.headers.get("index-key") === env.INDEX_KEY ? pass(request, env) : new Response(null, { status: 403 }),
};

export default { fetch: () => new Response(null, { status: 403 }) };

/** D1 takes and gives bytes as arrays of numbers. */
const toBound = (value) => (Array.isArray(value) ? new Uint8Array(value).buffer : value);
const toAnswer = (value) => (value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value);
`;
}
