import { IS_COUNTED, IS_UNCOMPLETED } from "./completed.ts";

/** What the index knows of the whole server. */
export interface IndexMeasures {
  /** Executions that are kept, by status. */
  executions: { status: string; count: number }[];
  /** Pools that have agents or uncompleted executions, and how many agents each has registered. */
  pools: { pool: string; agents: number }[];
}

/** Throws if the index does not answer, or lacks its tables. */
export async function touchIndex(index: D1Database): Promise<void> {
  await index.prepare("SELECT 1 FROM executions LIMIT 1").first();
}

/** Reads the stored counts of completed executions, and each row of the others, which are few. */
export async function measureIndex(index: D1Database): Promise<IndexMeasures> {
  const [ended, others, pools] = await index.batch<Record<string, unknown>>([
    index.prepare(
      `SELECT status, sum(count) AS count FROM execution_counts WHERE ${IS_COUNTED.sql} GROUP BY status`,
    ),
    index.prepare(
      `SELECT status, count(*) AS count FROM executions WHERE ${IS_UNCOMPLETED.sql} GROUP BY status`,
    ),
    index.prepare(
      `SELECT pool, sum(agents) AS agents FROM (
         SELECT pool, count(*) AS agents FROM agents WHERE revoked_ms IS NULL GROUP BY pool
         UNION ALL SELECT pool, 0 FROM executions WHERE ${IS_UNCOMPLETED.sql} GROUP BY pool)
       GROUP BY pool ORDER BY pool`,
    ),
  ]);
  return {
    executions: [...(ended?.results ?? []), ...(others?.results ?? [])] as IndexMeasures["executions"],
    pools: (pools?.results ?? []) as unknown as IndexMeasures["pools"],
  };
}
