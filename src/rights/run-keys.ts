import { TailraceError } from "../../protocol/base/errors.ts";
import { KEYS_MAX } from "../../protocol/base/limits.ts";
import type { Key, KeyScope, LeasedKey } from "../../protocol/model/key.ts";
import { listedKeys, mayReadKey, type Permission, permits } from "../../protocol/model/permissions.ts";
import { deleteKey, type KeyTable, keysOfUser, readKeys, SYSTEM_KEYS, writeKey } from "../index/keys.ts";
import { readPoolKeys } from "../index/pool-keys.ts";
import { refusalText } from "./permissions.ts";
import type { Run } from "./run.ts";

/**
 * The key-value table for one run: with the rights of its user, limited to the keys that its pool is granted. The user's own
 * keys need no right. A denied key is reported with the reason, whether it exists or not.
 */
export async function readRunKeys(
  env: Env,
  run: Run,
  scope: KeyScope,
  names: string[],
): Promise<LeasedKey[]> {
  if (names.length === 0) return [];
  const { prefixes } = await readPoolKeys(env.INDEX, run.pool);
  const table = tableOf(run, scope);
  const denied = new Map<string, LeasedKey>();
  for (const name of new Set(names)) {
    const reason = refusal(run, scope, prefixes, name, "key_value_pair_list");
    if (reason !== undefined) denied.set(name, deniedKey(scope, name, reason));
  }
  const allowed = names.filter((name) => !denied.has(name));
  const opens = (name: string) => scope === "user" || mayReadKey(run.rights, name, true);
  const keys = await readKeys(env, table, { names: allowed }, { open: opens, limit: allowed.length });
  const read = keys.map((key) =>
    key.encrypted ? deniedKey(scope, key.name, viewRefusal(run, key.name)) : key,
  );
  return [...read, ...denied.values()];
}

/** The keys with a prefix that the run may read; secret values stay sealed. */
export async function listRunKeys(env: Env, run: Run, scope: KeyScope, prefix: string): Promise<Key[]> {
  const { prefixes } = await readPoolKeys(env.INDEX, run.pool);
  const listed = scope === "user" ? "all" : listedKeys(run.rights);
  const wanted = { prefix, among: listed === "all" ? undefined : listed, within: prefixes ?? undefined };
  return readKeys(env, tableOf(run, scope), wanted, { open: () => false, limit: KEYS_MAX });
}

/** Sets a key, or throws `forbidden`. */
export async function writeRunKey(
  env: Env,
  run: Run,
  scope: KeyScope,
  name: string,
  value: { value: string; secret: boolean; ttl: number | null },
): Promise<Key> {
  await demandKey(env, run, scope, name, "key_value_pair_set");
  return writeKey(env, tableOf(run, scope), name, value);
}

/** Deletes a key, or throws `forbidden`. Returns whether it existed. */
export async function deleteRunKey(env: Env, run: Run, scope: KeyScope, name: string): Promise<boolean> {
  await demandKey(env, run, scope, name, "key_value_pair_delete");
  return deleteKey(env, tableOf(run, scope), name);
}

function tableOf({ user }: Run, scope: KeyScope): KeyTable {
  return scope === "user" ? keysOfUser(user) : SYSTEM_KEYS;
}

async function demandKey(
  env: Env,
  run: Run,
  scope: KeyScope,
  name: string,
  permission: Permission,
): Promise<void> {
  const { prefixes } = await readPoolKeys(env.INDEX, run.pool);
  const reason = refusal(run, scope, prefixes, name, permission);
  if (reason !== undefined) throw new TailraceError("forbidden", reason);
}

/** Why a run may not have a key; undefined if it may. */
function refusal(
  run: Run,
  scope: KeyScope,
  prefixes: string[] | null,
  name: string,
  permission: Permission,
): string | undefined {
  if (prefixes && !prefixes.some((prefix) => name.startsWith(prefix)))
    return `The pool "${run.pool}" is not granted the key "${name}".`;
  if (scope === "user" || permits(run.rights, permission, { kind: "key", name })) return undefined;
  if (permission === "key_value_pair_list") return viewRefusal(run, name);
  return refusalText(run.user, permission, { kind: "key", name });
}

function viewRefusal({ user }: Run, name: string): string {
  return refusalText(user, "key_value_pair_view", { kind: "key", name });
}

function deniedKey(scope: KeyScope, name: string, denied: string): LeasedKey {
  return {
    uid: `key_value_pair:st2kv.${scope}:${name}`,
    name,
    value: "",
    secret: false,
    encrypted: false,
    scope: `st2kv.${scope}`,
    denied,
  };
}
