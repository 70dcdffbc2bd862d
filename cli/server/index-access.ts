import { tryJson } from "../../protocol/base/json.ts";
import { request } from "./request.ts";

/** The D1 database of a running server, for migrations and tests. */
export interface Index {
  /** Runs a text of one or more statements as one transaction, and returns the rows of the last. */
  run: (sql: string, ...values: (string | number | null)[]) => Promise<Record<string, unknown>[]>;
}

/** Ids in one answer. */
const IDS_MAX = 1_000;

/** The database of the index does not open, or is damaged. The engine's log says more. */
export class UnreadableIndex extends Error {
  override readonly name = "UnreadableIndex";
}

/** What D1 answers to a query. */
type D1Answer = { success: false; error: string } | { success: true; results: Record<string, unknown>[] }[];

/** The index behind the engine's private socket, which answers only to the key. */
export function indexAt(origin: () => string, key: string): Index {
  return {
    run: async (sql, ...params) => {
      const { text } = await request(`${origin()}/query`, {
        method: "POST",
        headers: { "index-key": key },
        body: [{ sql, params }],
        // A migration of a large index takes minutes. Stopped, it would begin again at each start.
        is_patient: true,
      });
      const answer = tryJson(text) as D1Answer | undefined;
      if (answer === undefined) throw new UnreadableIndex(text);
      if (!Array.isArray(answer)) throw failureOf(answer.error);
      return answer.at(-1)?.results ?? [];
    },
  };
}

function failureOf(text: string): Error {
  return /SQLITE_(CORRUPT|NOTADB)/.test(text) ? new UnreadableIndex(text) : new Error(`D1_ERROR: ${text}`);
}

/** The ids of the executions that the index has rows of, in order, after an id; none at the end. */
export async function rowsAfter(index: Index, after: string): Promise<{ ids: string[] }> {
  const rows = await index.run("SELECT id FROM executions WHERE id > ? ORDER BY id LIMIT ?", after, IDS_MAX);
  return { ids: rows.map(({ id }) => String(id)) };
}
