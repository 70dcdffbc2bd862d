import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { JSON_BODY_BYTES_MAX, KEYS_MAX } from "../../../protocol/base/limits.ts";
import { KEY_NAME_PATTERN, type Key, type KeyScope, keyScope, SetKey } from "../../../protocol/model/key.ts";
import { listedKeys, mayReadKey, type Permission } from "../../../protocol/model/permissions.ts";
import { demandOver } from "../../auth/system-admin.ts";
import { audit } from "../../http/audited.ts";
import { readJson } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { pageHeaders, queryBoolean, queryPage } from "../../http/query.ts";
import {
  countKeys,
  deleteKey,
  type KeyTable,
  keysOfUser,
  readKeys,
  SYSTEM_KEYS,
  type WantedKeys,
  writeKey,
} from "../../index/keys.ts";
import { readPoolKeys } from "../../index/pool-keys.ts";
import { rolesCount } from "../../rights/of-user.ts";
import { demand, rightsOf } from "../../rights/permissions.ts";

/**
 * StackStorm's key-value table. Keys of the scope `system` need a permission. Each user's keys of the scope `user` need none,
 * and an administrator reaches those of other users with `user=`.
 */
export const keys = new Hono<AppEnv>()
  .get("/", async (c) => {
    const { scope, user } = c.req.query();
    const page = queryPage(c, KEYS_MAX);
    const { limit = KEYS_MAX, offset } = page;
    const listed = await listedTables(c, scope, user);
    const open = queryBoolean(c, "decrypt", false);
    if (open && listed.some(({ table }) => table.scope === "system")) demandDecrypt(c);
    let total = 0;
    const found: Key[] = [];
    for (const { table, wanted } of listed) {
      const left = { limit: limit - found.length, offset: Math.max(0, offset - total) };
      if (left.limit > 0)
        found.push(...(await readKeys(c.env, table, wanted, { ...left, open: () => open })));
      total += await countKeys(c.env, table, wanted);
    }
    if (found.some(isOpened)) await audit(c, "key.decrypt", `keys:${c.req.query("prefix") ?? ""}`);
    pageHeaders(c, { ...page, limit }, total);
    return c.json(found);
  })
  .get("/:name", async (c) => {
    const name = c.req.param("name");
    await demandReach(c, name);
    const table = await namedTable(c, c.req.query());
    const rights = rightsOf(c.get("principal"));
    if (table.scope === "system" && !mayReadKey(rights, name, false))
      demandKey(c, "key_value_pair_view", name);
    const open = queryBoolean(c, "decrypt", false);
    const opens = () => open && (table.scope === "user" || mayReadKey(rights, name, true));
    const [key] = await readKeys(c.env, table, { names: [name] }, { open: opens, limit: 1 });
    if (!key) throw noSuchKey(name);
    if (open && key.encrypted) demandKey(c, "key_value_pair_view", name);
    if (isOpened(key)) await audit(c, "key.decrypt", resourceOf(table, name));
    return c.json(key);
  })
  .put("/:name", async (c) => {
    const { name, value, scope, user } = await readKey(c);
    await demandReach(c, name);
    const table = await namedTable(c, { scope: scope ?? c.req.query("scope"), user });
    if (table.scope === "system") demandKey(c, "key_value_pair_set", name);
    await audit(c, "key.set", resourceOf(table, name));
    return c.json(await writeKey(c.env, table, name, value));
  })
  .delete("/:name", async (c) => {
    const name = c.req.param("name");
    await demandReach(c, name);
    const table = await namedTable(c, c.req.query());
    if (table.scope === "system") demandKey(c, "key_value_pair_delete", name);
    await audit(c, "key.delete", resourceOf(table, name));
    if (!(await deleteKey(c.env, table, name))) throw noSuchKey(name);
    return c.body(null, 204);
  });

/** The key that a path names and a body describes. */
export async function readKey(c: Context<AppEnv>) {
  const name = c.req.param("name") ?? "";
  if (!KEY_NAME_PATTERN.test(name)) {
    throw new TailraceError(
      "invalid",
      `"${name}" is not a key's name: up to 255 characters, no space, / ? or #.`,
    );
  }
  const { value, secret, ttl, scope, user } = await readJson(c, SetKey, JSON_BODY_BYTES_MAX);
  return { name, value: { value, secret, ttl: ttl ?? null }, scope: scope ?? undefined, user };
}

/** The scope of a query, `system` without one; `invalid` with StackStorm's text for any other. */
export function readScope(name: string | undefined): KeyScope {
  const scope = keyScope(name || "system");
  if (scope) return scope;
  throw new TailraceError(
    "invalid",
    `Scope ${name} is not in allowed scopes list: ['system', 'user', 'st2kv.system', 'st2kv.user'].`,
  );
}

/** The tables of a list, and the keys in each: of `system` those that the user may see. */
async function listedTables(
  c: Context<AppEnv>,
  scope: string | undefined,
  user: string | undefined,
): Promise<{ table: KeyTable; wanted: WantedKeys }[]> {
  const prefix = c.req.query("prefix") ?? "";
  const scopes = scope === "all" && !user ? ["system", "user"] : [scope];
  const tables = await Promise.all(scopes.map((one) => namedTable(c, { scope: one, user })));
  const listed = listedKeys(rightsOf(c.get("principal")));
  const within = (await prefixesOf(c)) ?? undefined;
  return tables.map((table) => {
    const among = table.scope === "system" && listed !== "all" ? listed : undefined;
    return { table, wanted: { prefix, among, within } };
  });
}

/** The one table that a scope and a user name, as in StackStorm: a user implies its scope, and `all` means `system` here. */
async function namedTable(
  c: Context<AppEnv>,
  { scope, user }: { scope?: string | undefined; user?: string | null | undefined },
): Promise<KeyTable> {
  const named = readScope(scope === "all" ? undefined : scope);
  const principal = c.get("principal");
  if (user && user !== principal.user) {
    const by = '"user" attribute can only be provided by admins';
    if (!rolesCount(c.env)) throw new TailraceError("forbidden", `${by} when RBAC is enabled`);
    if (principal.role !== "admin") throw new TailraceError("forbidden", by);
    await demandOver(c.env, principal, user);
  }
  if (user) return keysOfUser(user);
  return named === "user" ? keysOfUser(principal.user) : SYSTEM_KEYS;
}

/** The beginnings of names that a run's token is limited to, as its pool is; null for no limit. */
async function prefixesOf(c: Context<AppEnv>): Promise<string[] | null> {
  const { run } = c.get("principal");
  return run ? (await readPoolKeys(c.env.INDEX, run.pool)).prefixes : null;
}

/** Throws `forbidden` for a run's token in a pool that is not granted the key, whether it exists or not. */
async function demandReach(c: Context<AppEnv>, name: string): Promise<void> {
  const prefixes = await prefixesOf(c);
  if (!prefixes || prefixes.some((prefix) => name.startsWith(prefix))) return;
  const pool = c.get("principal").run?.pool;
  throw new TailraceError("forbidden", `The pool "${pool}" is not granted the key "${name}".`);
}

function demandKey(c: Context<AppEnv>, permission: Permission, name: string): void {
  demand(c.get("principal"), permission, { kind: "key", name });
}

/** Only an administrator may open many secrets at once (StackStorm's rule). */
function demandDecrypt(c: Context<AppEnv>): void {
  if (c.get("principal").role === "admin") return;
  throw new TailraceError("forbidden", "Decrypt option requires administrator access");
}

/** A key as the audit log names it. */
function resourceOf(table: KeyTable, name: string): string {
  return table.scope === "system" ? `key:${name}` : `key:${table.user}:${name}`;
}

/** Whether a secret value is shown. */
function isOpened({ secret, encrypted }: Key): boolean {
  return secret && !encrypted;
}

function noSuchKey(name: string): TailraceError {
  return new TailraceError("key_not_found", `KeyValuePair with name "${name}" not found`);
}
