import { newId } from "../../protocol/base/id.ts";
import { timestamp } from "../../protocol/base/time.ts";
import type { Account } from "../../protocol/model/identity.ts";
import { deleteApiKeysOf } from "./api-keys.ts";
import { revokeStatement } from "./links.ts";
import { deleteTokensOf } from "./tokens.ts";

interface Row {
  id: string;
  name: string;
  enabled: number;
  created_at: string;
  roles: string;
}

const ACCOUNTS = `SELECT id, name, enabled, created_at,
  (SELECT json_group_array(role) FROM role_assignments WHERE user = users.name) AS roles FROM users`;

/** Creates a user; undefined if the name is taken. */
export async function createUser(
  index: D1Database,
  name: string,
  password: string,
): Promise<Account | undefined> {
  const { meta } = await index
    .prepare("INSERT INTO users (name, id, password, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
    .bind(name, newId(), password, timestamp(Date.now()))
    .run();
  return meta.changes === 0 ? undefined : readUser(index, name);
}

export async function readUser(index: D1Database, name: string): Promise<Account | undefined> {
  const row = await index.prepare(`${ACCOUNTS} WHERE name = ?`).bind(name).first<Row>();
  return row ? toAccount(row) : undefined;
}

/** Users by name, and how many there are. */
export async function listUsers(
  index: D1Database,
  { limit, offset }: { limit: number | undefined; offset: number },
): Promise<{ users: Account[]; total: number }> {
  const [page, count] = await index.batch<Row & { total: number }>([
    index.prepare(`${ACCOUNTS} ORDER BY name LIMIT ? OFFSET ?`).bind(limit ?? ROWS_MAX, offset),
    index.prepare("SELECT count(*) AS total FROM users"),
  ]);
  return { users: (page?.results ?? []).map(toAccount), total: count?.results[0]?.total ?? 0 };
}

/** The stored hash of a user's password, if the user is enabled. */
export async function readPassword(index: D1Database, name: string): Promise<string | undefined> {
  const row = await index
    .prepare("SELECT password FROM users WHERE name = ? AND enabled = 1")
    .bind(name)
    .first<{ password: string }>();
  return row?.password;
}

/** Whether a user of this name is disabled: then their keys and tokens are not accepted. */
export async function isDisabled(index: D1Database, name: string): Promise<boolean> {
  const row = await index.prepare("SELECT enabled FROM users WHERE name = ?").bind(name).first<Row>();
  return row?.enabled === 0;
}

/** Sets a new password and deletes the user's tokens in one transaction; returns the ids of these tokens. */
export async function writePassword(index: D1Database, name: string, password: string): Promise<string[]> {
  const [tokens] = await index.batch<{ id: string }>([
    deleteTokensOf(index, name),
    index.prepare("UPDATE users SET password = ? WHERE name = ?").bind(password, name),
  ]);
  return (tokens?.results ?? []).map(({ id }) => id);
}

export async function enableUser(index: D1Database, name: string, enabled: boolean): Promise<void> {
  await index
    .prepare("UPDATE users SET enabled = ? WHERE name = ?")
    .bind(enabled ? 1 : 0, name)
    .run();
}

/**
 * Deletes a user with their roles, keys, tokens and links in one transaction: a later user with this name must not get them.
 * Returns the ids of the credentials.
 */
export async function deleteUser(
  index: D1Database,
  name: string,
  by: string,
): Promise<Record<"keys" | "tokens" | "links", string[]>> {
  const outcomes = await index.batch<{ id: string }>([
    deleteApiKeysOf(index, name),
    deleteTokensOf(index, name),
    revokeStatement(index, "created_by", name, by),
    index.prepare("DELETE FROM users WHERE name = ?").bind(name),
    index.prepare("DELETE FROM role_assignments WHERE user = ?").bind(name),
    index.prepare("DELETE FROM keys WHERE scope = 'user' AND user = ?").bind(name),
  ]);
  const [keys = [], tokens = [], links = []] = outcomes.map(({ results }) => results.map(({ id }) => id));
  return { keys, tokens, links };
}

/** Rows of a list without a limit. */
const ROWS_MAX = 10_000;

function toAccount({ id, name, enabled, created_at, roles }: Row): Account {
  return { id, name, enabled: enabled === 1, created_at, roles: JSON.parse(roles) };
}
