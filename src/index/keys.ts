import type { Key } from "../../protocol/key.ts";
import { MASK } from "../../protocol/mask.ts";
import { timestamp } from "../../protocol/time.ts";
import { seal, unseal } from "../auth/seal.ts";

interface Row {
  name: string;
  value: string;
  secret: number;
  expires_ms: number | null;
}

/** Sets a key; a secret one is encrypted first. `ttl` is in seconds. */
export async function writeKey(
  env: Env,
  name: string,
  { value, secret, ttl }: { value: string; secret: boolean; ttl: number | null },
): Promise<Key> {
  const now_ms = Date.now();
  const row: Row = {
    name,
    value: secret ? await seal(env, name, value) : value,
    secret: secret ? 1 : 0,
    expires_ms: ttl === null ? null : now_ms + ttl * 1000,
  };
  await env.INDEX.prepare(
    `INSERT INTO keys (name, value, secret, expires_ms, updated_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value, secret = excluded.secret,
       expires_ms = excluded.expires_ms, updated_at = excluded.updated_at`,
  )
    .bind(row.name, row.value, row.secret, row.expires_ms, timestamp(now_ms))
    .run();
  return toKey(row, secret ? MASK : value);
}

/** Keys by their names, or by what their names begin with, in the order of names. Expired ones are not there. */
export async function readKeys(
  env: Env,
  wanted: { names: string[] } | { prefix: string },
  { open, limit }: { open: boolean; limit: number },
): Promise<Key[]> {
  const [where, value] =
    "names" in wanted
      ? ["name IN (SELECT value FROM json_each(?1))", JSON.stringify(wanted.names)]
      : ["substr(name, 1, length(?1)) = ?1", wanted.prefix];
  const { results } = await env.INDEX.prepare(
    `SELECT name, value, secret, expires_ms FROM keys
     WHERE ${where} AND (expires_ms IS NULL OR expires_ms > ?2) ORDER BY name LIMIT ?3`,
  )
    .bind(value, Date.now(), limit)
    .all<Row>();
  return Promise.all(results.map(async (row) => toKey(row, await shownValue(env, row, open))));
}

/** Whether there was such a key. */
export async function deleteKey(env: Env, name: string): Promise<boolean> {
  const { meta } = await env.INDEX.prepare("DELETE FROM keys WHERE name = ?").bind(name).run();
  return meta.changes > 0;
}

async function shownValue(env: Env, { name, value, secret }: Row, open: boolean): Promise<string> {
  if (!secret) return value;
  return open ? unseal(env, name, value) : MASK;
}

function toKey({ name, secret, expires_ms }: Row, value: string): Key {
  return {
    name,
    value,
    secret: secret === 1,
    scope: "system",
    ...(expires_ms === null ? {} : { expire_timestamp: timestamp(expires_ms) }),
  };
}
