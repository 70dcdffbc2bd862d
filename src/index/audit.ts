import { TailraceError } from "../../protocol/base/errors.ts";
import { failureText } from "../../protocol/base/failure-text.ts";
import { firstId, timeOfId } from "../../protocol/base/id.ts";
import { timestamp } from "../../protocol/base/time.ts";
import type { AuditAction, AuditEntry } from "../../protocol/model/audit.ts";
import { isDiskFull, refusedByDisk } from "../storage/disk.ts";

/** The actor of an entry: the user, their credential, and the request's origin. */
export type Actor = Pick<AuditEntry, "user" | "credential" | "address" | "user_agent">;

/** A new entry. Its id contains its time. */
export interface AuditRecord extends Actor {
  id: string;
  action: AuditAction;
  outcome: AuditEntry["outcome"];
  resource: string;
  detail: AuditEntry["detail"];
  /** The user's name is not proved: it is stored only if such a user exists. */
  is_claim?: boolean;
  /** It is written only once for its action and resource. */
  is_once?: boolean;
}

/** Entries that this isolate writes between two deletions of old ones, and how many one deletion removes. */
const SWEEP_EVERY = 64;
const SWEEP_ROWS_MAX = 1_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Characters of an entry's resource (a key's name has up to 255), and of a text of its details. */
const RESOURCE_CHARS_MAX = 300;
const DETAIL_CHARS_MAX = 500;

const UNLESS_RECORDED = "WHERE NOT EXISTS (SELECT 1 FROM audit WHERE resource = ?8 AND action = ?2)";

let written = 0;

/**
 * The statements that write an entry, for the same batch as the change itself, so that neither is stored without the other.
 * From time to time they delete a bounded number of entries older than `AUDIT_TTL_DAYS`.
 */
export function auditStatements({ INDEX, AUDIT_TTL_DAYS }: Env, record: AuditRecord): D1PreparedStatement[] {
  const { id, action, outcome, user, is_claim, is_once, credential, address, user_agent, detail } = record;
  const resource = record.resource.replaceAll(/\p{C}/gu, "?").slice(0, RESOURCE_CHARS_MAX);
  const name = is_claim ? "coalesce((SELECT name FROM users WHERE name = ?4), '')" : "?4";
  const insert = INDEX.prepare(
    `INSERT INTO audit (id, action, outcome, user, credential, address, user_agent, resource, detail)
     SELECT ?1, ?2, ?3, ${name}, ?5, ?6, ?7, ?8, ?9 ${is_once ? UNLESS_RECORDED : ""}`,
  ).bind(id, action, outcome, user, credential, address, user_agent, resource, writeDetail(detail));
  const is_due = AUDIT_TTL_DAYS > 0 && written++ % SWEEP_EVERY === 0;
  return is_due ? [insert, sweepStatement(INDEX, AUDIT_TTL_DAYS)] : [insert];
}

/** Writes an entry. Throws `unavailable` or `storage_full` if it cannot be written: then the change must not be made. */
export async function recordAudit(env: Env, record: AuditRecord): Promise<void> {
  try {
    await env.INDEX.batch(auditStatements(env, record));
  } catch (error) {
    console.error(`audit log: ${record.action} of ${record.resource} is not written: ${failureText(error)}`);
    if (await isDiskFull(env, error)) throw refusedByDisk();
    throw new TailraceError(
      "unavailable",
      "The audit log cannot be written now; nothing was done. Try again.",
    );
  }
}

/** Marks the entry of a run as failed: its execution was not made. */
export async function failRun(index: D1Database, execution_id: string): Promise<void> {
  await index
    .prepare(
      "UPDATE audit SET outcome = 'failed' WHERE resource = ? AND action IN ('execution.run', 'execution.re_run')",
    )
    .bind(`execution:${execution_id}`)
    .run();
}

/** Marks entries as failed: their changes were begun and did not succeed. */
export async function failAudit(index: D1Database, ids: string[]): Promise<void> {
  await index
    .prepare("UPDATE audit SET outcome = 'failed' WHERE id IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify(ids))
    .run();
}

/** The entries of a query, newest first: those with these values, and with ids in these bounds. */
export interface AuditQuery {
  equal: Partial<Record<"user" | "action" | "resource" | "outcome", string>>;
  /** The smallest id, and the bound below which all ids lie. */
  from?: string;
  below?: string;
  limit: number;
}

export async function listAudit(index: D1Database, query: AuditQuery): Promise<AuditEntry[]> {
  const { sql, values } = auditQuery(query);
  const { results } = await index
    .prepare(sql)
    .bind(...values)
    .all<Row>();
  return results.map(({ id, detail, ...row }) => ({
    id,
    timestamp: timestamp(timeOfId(id)),
    ...row,
    detail: JSON.parse(detail),
  }));
}

/** The statement of a query, and its bound values. */
export function auditQuery({ equal, from, below, limit }: AuditQuery): {
  sql: string;
  values: (string | number)[];
} {
  const terms: [string, string][] = Object.entries(equal).map(([column, value]) => [`${column} = ?`, value]);
  if (from !== undefined) terms.push(["id >= ?", from]);
  if (below !== undefined) terms.push(["id < ?", below]);
  const where = terms.length === 0 ? "" : `WHERE ${terms.map(([sql]) => sql).join(" AND ")}`;
  return {
    sql: `SELECT id, action, outcome, user, credential, address, user_agent, resource, detail
      FROM audit ${where} ORDER BY id DESC LIMIT ?`,
    values: [...terms.map(([, value]) => value), limit],
  };
}

type Row = Omit<AuditEntry, "timestamp" | "detail"> & { detail: string };

function writeDetail(detail: AuditEntry["detail"]): string {
  return JSON.stringify(detail, (_, value) =>
    typeof value === "string" ? value.slice(0, DETAIL_CHARS_MAX) : value,
  );
}

function sweepStatement(index: D1Database, ttl_days: number): D1PreparedStatement {
  return index
    .prepare("DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < ? ORDER BY id LIMIT ?)")
    .bind(firstId(Date.now() - ttl_days * DAY_MS), SWEEP_ROWS_MAX);
}
