import { newId } from "../../protocol/base/id.ts";
import { timestamp } from "../../protocol/base/time.ts";
import type { ApiKey } from "../../protocol/model/identity.ts";
import { hashSecret, newSecret } from "../crypto/secret.ts";

interface Row {
  id: string;
  user: string;
  role: ApiKey["role"];
  pool: string | null;
  enabled: number;
  metadata: string;
  created_at: string;
}

const COLUMNS = "id, user, role, pool, enabled, metadata, created_at";

/** The fields of a new key. */
export interface ApiKeySpec {
  user: string;
  role: ApiKey["role"];
  pool: string | null;
  enabled: boolean;
  metadata: Record<string, unknown>;
}

/** Creates a key and stores its hash; only this answer has the key itself. */
export async function createApiKey(
  index: D1Database,
  { user, role, pool, enabled, metadata }: ApiKeySpec,
  id = newId(),
): Promise<ApiKey & { key: string }> {
  const key = newSecret("tr_");
  const created_at = timestamp(Date.now());
  const metadata_json = JSON.stringify(metadata);
  await index
    .prepare(
      `INSERT INTO api_keys (id, key_hash, user, role, pool, enabled, metadata, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .bind(id, await hashSecret(key), user, role, pool, enabled ? 1 : 0, metadata_json, created_at)
    .run();
  const row = { id, user, role, pool, enabled: enabled ? 1 : 0, metadata: metadata_json, created_at };
  return { ...toApiKey(row), key };
}

/** The key with a hash, enabled or not. */
export async function findApiKey(index: D1Database, key_hash: string): Promise<ApiKey | undefined> {
  return read(index, "key_hash", key_hash);
}

/** The key with an id. */
export async function readApiKey(index: D1Database, id: string): Promise<ApiKey | undefined> {
  return read(index, "id", id);
}

/** Keys in the order of their creation, those of one user or all, and how many there are. */
export async function listApiKeys(
  index: D1Database,
  { user, limit, offset }: { user?: string | undefined; limit: number | undefined; offset: number },
): Promise<{ keys: ApiKey[]; total: number }> {
  const where = user === undefined ? "" : "WHERE user = ?";
  const values = user === undefined ? [] : [user];
  const [page, count] = await index.batch<Row & { total: number }>([
    index
      .prepare(`SELECT ${COLUMNS} FROM api_keys ${where} ORDER BY id LIMIT ? OFFSET ?`)
      .bind(...values, limit ?? ROWS_MAX, offset),
    index.prepare(`SELECT count(*) AS total FROM api_keys ${where}`).bind(...values),
  ]);
  return { keys: (page?.results ?? []).map(toApiKey), total: count?.results[0]?.total ?? 0 };
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

async function read(index: D1Database, column: "id" | "key_hash", value: string) {
  const row = await index
    .prepare(`SELECT ${COLUMNS} FROM api_keys WHERE ${column} = ?`)
    .bind(value)
    .first<Row>();
  return row ? toApiKey(row) : undefined;
}

/** Rows of a list without a limit. */
const ROWS_MAX = 10_000;

function toApiKey({ id, user, role, pool, enabled, metadata, created_at }: Row): ApiKey {
  return {
    id,
    uid: `api_key:${id}`,
    user,
    role,
    ...(pool === null ? {} : { pool }),
    enabled: enabled === 1,
    created_at,
    metadata: JSON.parse(metadata),
  };
}
