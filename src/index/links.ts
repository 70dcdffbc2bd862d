import { timeOfId } from "../../protocol/base/id.ts";
import { timestamp } from "../../protocol/base/time.ts";
import type { ListedLink } from "../../protocol/model/identity.ts";

/** A new link. Its id contains its time. */
export interface LinkSpec {
  id: string;
  execution_id: string;
  created_by: string;
  expires_ms: number;
}

interface Row extends LinkSpec {
  revoked_at: string | null;
  revoked_by: string | null;
}

const COLUMNS = "id, execution_id, created_by, expires_ms, revoked_at, revoked_by";

/** How long an expired link is still listed, and how many old links are deleted when a new one is made. */
const EXPIRED_KEPT_MS = 30 * 24 * 60 * 60 * 1000;
const SWEEP_ROWS_MAX = 100;

/** Stores a new link, and deletes old ones. */
export async function createLink(index: D1Database, link: LinkSpec): Promise<void> {
  const { id, execution_id, created_by, expires_ms } = link;
  await index.batch([
    index
      .prepare("INSERT INTO links (id, execution_id, created_by, expires_ms) VALUES (?, ?, ?, ?)")
      .bind(id, execution_id, created_by, expires_ms),
    index
      .prepare(
        "DELETE FROM links WHERE id IN (SELECT id FROM links WHERE expires_ms < ? ORDER BY expires_ms LIMIT ?)",
      )
      .bind(Date.now() - EXPIRED_KEPT_MS, SWEEP_ROWS_MAX),
  ]);
}

/** Whether a link is not revoked. */
export async function isOpenLink(index: D1Database, id: string): Promise<boolean> {
  const row = await index.prepare("SELECT 1 FROM links WHERE id = ? AND revoked_at IS NULL").bind(id).first();
  return row !== null;
}

/** Whether the unlisted links of an execution, which earlier releases made, are revoked. */
export async function areUnlistedRevoked(index: D1Database, execution_id: string): Promise<boolean> {
  const row = await index
    .prepare("SELECT 1 FROM unlisted_links_revoked WHERE execution_id = ?")
    .bind(execution_id)
    .first();
  return row !== null;
}

/** The link with an id, also if it is revoked or expired. */
export async function readLinkRow(index: D1Database, id: string): Promise<ListedLink | undefined> {
  const row = await index.prepare(`SELECT ${COLUMNS} FROM links WHERE id = ?`).bind(id).first<Row>();
  return row ? toLink(row) : undefined;
}

/** The links of a query, newest first. */
export interface LinksQuery {
  execution_id?: string | undefined;
  created_by?: string | undefined;
  limit: number | undefined;
  offset: number;
}

/** Links, newest first, and how many there are. */
export async function listLinks(
  index: D1Database,
  { execution_id, created_by, limit, offset }: LinksQuery,
): Promise<{ links: ListedLink[]; total: number }> {
  const equal = Object.entries({ execution_id, created_by }).flatMap(([column, value]) =>
    value === undefined ? [] : [[column, value] as const],
  );
  const where = equal.length === 0 ? "" : `WHERE ${equal.map(([column]) => `${column} = ?`).join(" AND ")}`;
  const values = equal.map(([, value]) => value);
  const [page, count] = await index.batch<Row & { total: number }>([
    index
      .prepare(`SELECT ${COLUMNS} FROM links ${where} ORDER BY id DESC LIMIT ? OFFSET ?`)
      .bind(...values, limit ?? ROWS_MAX, offset),
    index.prepare(`SELECT count(*) AS total FROM links ${where}`).bind(...values),
  ]);
  return { links: (page?.results ?? []).map(toLink), total: count?.results[0]?.total ?? 0 };
}

/** The statement that revokes the valid links with a value in a column, and returns their ids. */
export function revokeStatement(
  index: D1Database,
  column: "id" | "execution_id" | "created_by",
  value: string,
  revoked_by: string,
): D1PreparedStatement {
  const now_ms = Date.now();
  return index
    .prepare(
      `UPDATE links SET revoked_at = ?1, revoked_by = ?2
       WHERE ${column} = ?3 AND revoked_at IS NULL AND expires_ms > ?4 RETURNING id`,
    )
    .bind(timestamp(now_ms), revoked_by, value, now_ms);
}

/** Revokes a link; safe to repeat. */
export async function revokeLink(index: D1Database, id: string, revoked_by: string): Promise<void> {
  await revokeStatement(index, "id", id, revoked_by).run();
}

/**
 * Revokes the links of an execution, together with its unlisted ones, in one transaction. Returns how many it has revoked,
 * and the ids of all that may have open streams: an earlier attempt may have revoked some.
 */
export async function revokeLinksOf(
  index: D1Database,
  execution_id: string,
  revoked_by: string,
): Promise<{ revoked: number; ids: string[] }> {
  const now_ms = Date.now();
  const [revoked, , all] = await index.batch<{ id: string }>([
    revokeStatement(index, "execution_id", execution_id, revoked_by),
    index
      .prepare(
        "INSERT INTO unlisted_links_revoked (execution_id, revoked_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
      )
      .bind(execution_id, timestamp(now_ms)),
    index
      .prepare("SELECT id FROM links WHERE execution_id = ? AND expires_ms > ? LIMIT ?")
      .bind(execution_id, now_ms, ROWS_MAX),
  ]);
  return { revoked: revoked?.results.length ?? 0, ids: (all?.results ?? []).map(({ id }) => id) };
}

/** Rows of a list without a limit. */
const ROWS_MAX = 10_000;

function toLink({ id, execution_id, created_by, expires_ms, revoked_at, revoked_by }: Row): ListedLink {
  return {
    id,
    execution_id,
    created_by,
    created_at: timestamp(timeOfId(id)),
    expires: timestamp(expires_ms),
    ...(revoked_at === null ? {} : { revoked_at, revoked_by: revoked_by ?? "" }),
  };
}
