/** The output of a row is final: the edge's cache may serve it until it expires, null for ever. */
export interface OutputOffer {
  until_ms: number | null;
}

/** The row of an execution whose output is final, with the facts that a permission needs. */
export interface EndedRow {
  action: string;
  runner: string;
  pool: string;
  /** The version of the row: the generation of the output. */
  version: number;
}

/**
 * The row of an execution, if its output is final and has not expired. A row that an earlier release has written since then
 * has another version than its offer.
 */
export async function readEndedRow(
  index: D1Database,
  id: string,
  now_ms: number,
): Promise<EndedRow | undefined> {
  const row = await index
    .prepare(
      `SELECT action, runner, pool, version FROM executions
       WHERE id = ? AND output_version = version AND (output_until_ms IS NULL OR output_until_ms > ?)`,
    )
    .bind(id, now_ms)
    .first<EndedRow>();
  return row ?? undefined;
}
