import { newId } from "../../protocol/base/id.ts";
import { timestamp } from "../../protocol/base/time.ts";
import type { ApiKey } from "../../protocol/model/identity.ts";
import { MASK } from "../../protocol/model/mask.ts";
import { hashSecret, newSecret } from "../crypto/secret.ts";

interface Row {
  id: string;
  key_hash: string;
  user: string;
  role: ApiKey["role"];
  pool: string | null;
  enabled: number;
  metadata: string;
  created_at: string;
}

const COLUMNS = "id, key_hash, user, role, pool, enabled, metadata, created_at";

/** The fields of a new key. */
export interface ApiKeySpec {
  user: string;
  role: ApiKey["role"];
  pool: string | null;
  enabled: boolean;
  metadata: Record<string, unknown>;
  /** The hash of a key that was made elsewhere. */
  key_hash?: string | undefined;
}

/** How a key is shown: with its hash, or with a mask in its place. */
export interface Shown {
  show_hash: boolean;
}

/**
 * Creates a key and stores its hash; only this answer has the key itself, which is null for one that was made elsewhere.
 * Undefined if the id or the hash is taken.
 */
export async function createApiKey(
  index: D1Database,
  { user, role, pool, enabled, metadata, key_hash: given_hash }: ApiKeySpec,
  id = newId(),
): Promise<(ApiKey & { key: string | null }) | undefined> {
  const key = given_hash === undefined ? newSecret("tr_") : null;
  const key_hash = key === null ? (given_hash ?? "") : await hashSecret(key);
  const created_at = timestamp(Date.now());
  const metadata_json = JSON.stringify(metadata);
  const { meta } = await index
    .prepare(
      `INSERT INTO api_keys (id, key_hash, user, role, pool, enabled, metadata, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    )
    .bind(id, key_hash, user, role, pool, enabled ? 1 : 0, metadata_json, created_at)
    .run();
  if (meta.changes === 0) return undefined;
  const row = {
    id,
    key_hash,
    user,
    role,
    pool,
    enabled: enabled ? 1 : 0,
    metadata: metadata_json,
    created_at,
  };
  return { ...toApiKey(row), key };
}

/** The key with one of these hashes, enabled or not. */
export async function findApiKey(
  index: D1Database,
  key_hashes: readonly [string, string],
  shown?: Shown,
): Promise<ApiKey | undefined> {
  return read(index, "key_hash IN (?, ?)", key_hashes, shown);
}

/** The key with an id. */
export async function readApiKey(index: D1Database, id: string, shown?: Shown): Promise<ApiKey | undefined> {
  return read(index, "id = ?", [id], shown);
}

/** Whether a key has this hash. */
export async function hasKeyHash(index: D1Database, id: string, key_hash: string): Promise<boolean> {
  return (await read(index, "id = ?", [id], { show_hash: true }))?.key_hash === key_hash;
}

/** Keys in the order of their creation, those of one user or all, and how many there are. */
export async function listApiKeys(
  index: D1Database,
  { user, limit, offset }: { user?: string | undefined; limit: number | undefined; offset: number },
  shown?: Shown,
): Promise<{ keys: ApiKey[]; total: number }> {
  const where = user === undefined ? "" : "WHERE user = ?";
  const values = user === undefined ? [] : [user];
  const [page, count] = await index.batch<Row & { total: number }>([
    index
      .prepare(`SELECT ${COLUMNS} FROM api_keys ${where} ORDER BY id LIMIT ? OFFSET ?`)
      .bind(...values, limit ?? ROWS_MAX, offset),
    index.prepare(`SELECT count(*) AS total FROM api_keys ${where}`).bind(...values),
  ]);
  return {
    keys: (page?.results ?? []).map((row) => toApiKey(row, shown)),
    total: count?.results[0]?.total ?? 0,
  };
}

/** Enables or disables a key, or replaces its metadata. */
export async function updateApiKey(index: D1Database, { id, enabled, metadata }: ApiKey): Promise<void> {
  await index
    .prepare("UPDATE api_keys SET enabled = ?, metadata = ? WHERE id = ?")
    .bind(enabled ? 1 : 0, JSON.stringify(metadata), id)
    .run();
}

export async function deleteApiKey(index: D1Database, id: string): Promise<void> {
  await deleteStatement(index, id).run();
}

/** The statement that deletes a key. */
export function deleteStatement(index: D1Database, id: string): D1PreparedStatement {
  return index.prepare("DELETE FROM api_keys WHERE id = ?").bind(id);
}

/** The statement that deletes all keys of a user and returns their ids. */
export function deleteApiKeysOf(index: D1Database, user: string): D1PreparedStatement {
  return index.prepare("DELETE FROM api_keys WHERE user = ? RETURNING id").bind(user);
}

async function read(index: D1Database, where: string, values: readonly string[], shown?: Shown) {
  const row = await index
    .prepare(`SELECT ${COLUMNS} FROM api_keys WHERE ${where}`)
    .bind(...values)
    .first<Row>();
  return row ? toApiKey(row, shown) : undefined;
}

/** Rows of a list without a limit. */
const ROWS_MAX = 10_000;

function toApiKey(
  { id, key_hash, user, role, pool, enabled, metadata, created_at }: Row,
  { show_hash }: Shown = { show_hash: false },
): ApiKey {
  return {
    id,
    uid: `api_key:${id}`,
    key_hash: show_hash ? key_hash : MASK,
    user,
    role,
    ...(pool === null ? {} : { pool }),
    enabled: enabled === 1,
    created_at,
    metadata: JSON.parse(metadata),
  };
}
