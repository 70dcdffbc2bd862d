import type { Execution } from "../../protocol/execution.ts";
import { isCompleted, STATUSES, type Status } from "../../protocol/status.ts";

/** Writes an execution's row, unless the index has seen a later version of it. */
export async function writeRow(index: D1Database, execution: Execution, version: number): Promise<void> {
  const { result: _, ...document } = execution;
  await index
    .prepare(
      `INSERT INTO executions (id, version, action, runner, status, user, parent, start_timestamp, end_timestamp, document)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status,
         end_timestamp = excluded.end_timestamp, document = excluded.document
       WHERE excluded.version > executions.version`,
    )
    .bind(
      execution.id,
      version,
      execution.action.ref,
      execution.runner.name,
      execution.status,
      String(execution.context.user ?? ""),
      execution.parent ?? null,
      execution.start_timestamp,
      execution.end_timestamp ?? null,
      JSON.stringify(document),
    )
    .run();
}

/** Deletes an execution's row; safe to repeat. */
export async function deleteRow(index: D1Database, id: string): Promise<void> {
  await index.prepare("DELETE FROM executions WHERE id = ?").bind(id).run();
}

export interface RowFilter {
  action?: string | undefined;
  status?: Status | undefined;
  user?: string | undefined;
  /** `null`: only those that have no parent. */
  parent?: string | null | undefined;
  limit: number;
  offset: number;
}

/** A page of executions, newest first, and how many match in all. Rows carry no result. */
export async function listRows(
  index: D1Database,
  { limit, offset, ...filter }: RowFilter,
): Promise<{ executions: Execution[]; total: number }> {
  const used = Object.entries(filter).filter(([, value]) => value !== undefined);
  const where = used.length === 0 ? "" : `WHERE ${used.map(([column]) => `${column} IS ?`).join(" AND ")}`;
  const values = used.map(([, value]) => value);
  const [page, count] = await index.batch<{ document?: string; total?: number }>([
    index
      .prepare(
        `SELECT document FROM executions ${where} ORDER BY start_timestamp DESC, id DESC LIMIT ? OFFSET ?`,
      )
      .bind(...values, limit, offset),
    index.prepare(`SELECT count(*) AS total FROM executions ${where}`).bind(...values),
  ]);
  return {
    executions: (page?.results ?? []).map((row) => JSON.parse(row.document ?? "{}")),
    total: count?.results[0]?.total ?? 0,
  };
}

/** Executions that have not completed, as far as the index knows: what it has not heard of yet still counts as running. */
export async function listUncompleted(index: D1Database, limit: number): Promise<Execution[]> {
  const { results } = await index
    .prepare(`SELECT document FROM executions WHERE status IN (SELECT value FROM json_each(?1)) LIMIT ?2`)
    .bind(JSON.stringify(STATUSES.filter((status) => !isCompleted(status))), limit)
    .all<{ document: string }>();
  return results.map(({ document }) => JSON.parse(document));
}

/** The execution with the greatest id (StackStorm's `last`) that is not another's child. */
export async function lastId(index: D1Database): Promise<string | undefined> {
  const row = await index
    .prepare("SELECT id FROM executions WHERE parent IS NULL ORDER BY id DESC LIMIT 1")
    .first<{ id: string }>();
  return row?.id;
}

/** The descendants of an execution down to a depth, depth first, each level by its start. */
export async function listDescendants(index: D1Database, id: string, depth: number): Promise<Execution[]> {
  const { results } = await index
    .prepare(
      `WITH RECURSIVE family (id, start_timestamp, document, depth) AS (
         SELECT id, start_timestamp, document, 1 FROM executions WHERE parent = ?1
         UNION ALL
         SELECT child.id, child.start_timestamp, child.document, family.depth + 1
         FROM executions AS child JOIN family ON child.parent = family.id WHERE family.depth < ?2
         ORDER BY 4 DESC, 2
       )
       SELECT document FROM family LIMIT ?3`,
    )
    .bind(id, depth, DESCENDANTS_MAX)
    .all<{ document: string }>();
  return results.map(({ document }) => JSON.parse(document));
}

/** Descendants in one answer, and levels that `-1` stands for. */
const DESCENDANTS_MAX = 5_000;
export const DEPTH_MAX = 100;
