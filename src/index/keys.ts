import { TailraceError } from "../../protocol/base/errors.ts";
import { USER_KEYS_MAX } from "../../protocol/base/limits.ts";
import { timestamp } from "../../protocol/base/time.ts";
import type { Key, KeyScope } from "../../protocol/model/key.ts";
import { MASK } from "../../protocol/model/mask.ts";
import { seal, unseal } from "../crypto/seal.ts";

/** One scope of the key-value table: the shared scope, without a user, or a user's own. */
export interface KeyTable {
  scope: KeyScope;
  user: string;
}

export const SYSTEM_KEYS: KeyTable = { scope: "system", user: "" };

export function keysOfUser(user: string): KeyTable {
  return { scope: "user", user };
}

/**
 * The keys of a table to select: those with these names, or those with a prefix. `among` and `within` limit the second kind to
 * these names and these prefixes.
 */
export type WantedKeys =
  | { names: string[] }
  | { prefix: string; among?: string[] | undefined; within?: string[] | undefined };

/** The page, and which secret values are opened. */
export interface KeyPage {
  open: (name: string) => boolean;
  limit: number;
  offset?: number;
}

interface Row {
  name: string;
  value: string;
  secret: number;
  expires_ms: number | null;
}

/** Sets a key; a secret value is encrypted first. `ttl` is in seconds. */
export async function writeKey(
  env: Env,
  table: KeyTable,
  name: string,
  { value, secret, ttl }: { value: string; secret: boolean; ttl: number | null },
): Promise<Key> {
  const now_ms = Date.now();
  const row: Row = {
    name,
    value: secret ? seal(env, sealedName(table, name), value) : value,
    secret: secret ? 1 : 0,
    expires_ms: ttl === null ? null : now_ms + ttl * 1000,
  };
  const { meta } = await env.INDEX.prepare(
    `INSERT INTO keys (scope, user, name, value, secret, expires_ms, updated_at)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
     WHERE ?1 = 'system' OR EXISTS (SELECT 1 FROM keys WHERE scope = ?1 AND user = ?2 AND name = ?3)
       OR (SELECT count(*) FROM keys WHERE scope = ?1 AND user = ?2) < ?8
     ON CONFLICT (scope, user, name) DO UPDATE SET value = excluded.value, secret = excluded.secret,
       expires_ms = excluded.expires_ms, updated_at = excluded.updated_at`,
  )
    .bind(
      table.scope,
      table.user,
      row.name,
      row.value,
      row.secret,
      row.expires_ms,
      timestamp(now_ms),
      USER_KEYS_MAX,
    )
    .run();
  if (meta.changes === 0) {
    throw new TailraceError("invalid", `A user has at most ${USER_KEYS_MAX} keys of their own.`);
  }
  return toKey(table, row, value, secret);
}

/** Keys of a table by name. Expired keys are left out. */
export async function readKeys(
  env: Env,
  table: KeyTable,
  wanted: WantedKeys,
  { open, limit, offset = 0 }: KeyPage,
): Promise<Key[]> {
  const { sql, values } = where(table, wanted);
  const { results } = await env.INDEX.prepare(
    `SELECT name, value, secret, expires_ms FROM keys WHERE ${sql} ORDER BY name LIMIT ? OFFSET ?`,
  )
    .bind(...values, limit, offset)
    .all<Row>();
  return results.map((row) => {
    if (row.secret !== 1 || !open(row.name)) return toKey(table, row, row.value, row.secret === 1);
    return toKey(table, row, unseal(env, sealedName(table, row.name), row.value), false);
  });
}

/** How many keys of a table match. */
export async function countKeys(env: Env, table: KeyTable, wanted: WantedKeys): Promise<number> {
  const { sql, values } = where(table, wanted);
  const row = await env.INDEX.prepare(`SELECT count(*) AS total FROM keys WHERE ${sql}`)
    .bind(...values)
    .first<{ total: number }>();
  return row?.total ?? 0;
}

/** Deletes a key. Returns whether it existed. */
export async function deleteKey(env: Env, { scope, user }: KeyTable, name: string): Promise<boolean> {
  const { meta } = await env.INDEX.prepare("DELETE FROM keys WHERE scope = ? AND user = ? AND name = ?")
    .bind(scope, user, name)
    .run();
  return meta.changes > 0;
}

function where({ scope, user }: KeyTable, wanted: WantedKeys): { sql: string; values: (string | number)[] } {
  const terms = ["scope = ?", "user = ?", "(expires_ms IS NULL OR expires_ms > ?)"];
  const values: (string | number)[] = [scope, user, Date.now()];
  const add = (term: string, value: string) => {
    terms.push(term);
    values.push(value);
  };
  const among = "names" in wanted ? wanted.names : wanted.among;
  if (among) add("name IN (SELECT value FROM json_each(?))", JSON.stringify(among));
  if ("names" in wanted) return { sql: terms.join(" AND "), values };
  if (wanted.within)
    add(`EXISTS (SELECT 1 FROM json_each(?) AS prefix WHERE ${BEGINS})`, JSON.stringify(wanted.within));
  terms.push("substr(name, 1, length(?)) = ?");
  values.push(wanted.prefix, wanted.prefix);
  return { sql: terms.join(" AND "), values };
}

const BEGINS = "substr(name, 1, length(prefix.value)) = prefix.value";

/** The name that a sealed value is bound to. A key's name has no slash, so the names of two scopes never collide. */
function sealedName({ scope, user }: KeyTable, name: string): string {
  return scope === "system" ? name : `user/${user}/${name}`;
}

function toKey(
  { scope, user }: KeyTable,
  { name, secret, expires_ms }: Row,
  value: string,
  encrypted: boolean,
): Key {
  const own = scope === "user" ? `${user}:${name}` : name;
  return {
    uid: `key_value_pair:st2kv.${scope}:${own}`,
    name,
    value: encrypted ? MASK : value,
    secret: secret === 1,
    encrypted,
    scope: `st2kv.${scope}`,
    ...(scope === "user" ? { user } : {}),
    ...(expires_ms === null ? {} : { expire_timestamp: timestamp(expires_ms) }),
  };
}
