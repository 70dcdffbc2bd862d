import { request } from "./request.ts";

/** The D1 database of a running server, for migrations and tests. */
export interface Index {
  /** Runs a text of one or more statements as one transaction, and returns the rows of the last. */
  run: (sql: string, ...values: (string | number | null)[]) => Promise<Record<string, unknown>[]>;
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
      const answer = JSON.parse(text) as D1Answer;
      if (!Array.isArray(answer)) throw new Error(`D1_ERROR: ${answer.error}`);
      return answer.at(-1)?.results ?? [];
    },
  };
}
