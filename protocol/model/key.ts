import * as v from "valibot";
import { KEY_PREFIXES_MAX, KEY_TTL_SECONDS_MAX, KEY_VALUE_CHARS_MAX } from "../base/limits.ts";

export const KEY_NAME_PATTERN = /^[^\s/?#]{1,255}$/;

/** StackStorm's scopes: shared keys, and one user's own. */
export const KEY_SCOPES = ["system", "user"] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** The scopes as StackStorm writes them, short and whole. */
const SCOPE_NAMES = new Map<string, KeyScope>(
  KEY_SCOPES.flatMap((scope) => [
    [scope, scope],
    [`st2kv.${scope}`, scope],
  ]),
);
const scope = v.picklist(["system", "user", "st2kv.system", "st2kv.user"]);

/** The scope that a name stands for; undefined for any other text. */
export function keyScope(name: string): KeyScope | undefined {
  return SCOPE_NAMES.get(name);
}

/** One entry of the key-value table. `encrypted`: its value is not shown. `user`: its owner, in the scope `user`. */
export const Key = v.object({
  uid: v.string(),
  name: v.string(),
  value: v.string(),
  secret: v.boolean(),
  encrypted: v.boolean(),
  scope: v.picklist(["st2kv.system", "st2kv.user"]),
  user: v.exactOptional(v.string()),
  expire_timestamp: v.exactOptional(v.string()),
});
export type Key = v.InferOutput<typeof Key>;

/** A key as a running action gets it. `denied` says why the run may not read it; then the value is empty. */
export type LeasedKey = Key & { denied?: string };

/** Sets a key. `ttl` is in seconds. A secret value is stored encrypted. Only an administrator may give `user`. */
export const SetKey = v.object({
  name: v.optional(v.string()),
  value: v.pipe(v.string(), v.maxLength(KEY_VALUE_CHARS_MAX)),
  secret: v.optional(v.boolean(), false),
  encrypted: v.optional(
    v.literal(
      false,
      "is not supported, because the server encrypts with its own secret: give the value in clear",
    ),
  ),
  scope: v.optional(v.nullable(scope)),
  user: v.optional(v.nullable(v.string())),
  ttl: v.optional(
    v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(KEY_TTL_SECONDS_MAX))),
  ),
});
export type SetKey = v.InferInput<typeof SetKey>;

const prefix = v.pipe(v.string(), v.regex(KEY_NAME_PATTERN, "must be the beginning of a key's name"));

/** The prefixes of keys that a pool's runs may read: null means all keys, an empty list none. */
export const PoolKeys = v.object({
  pool: v.string(),
  prefixes: v.nullable(v.array(v.string())),
});
export type PoolKeys = v.InferOutput<typeof PoolKeys>;

/** `PUT /pools/{pool}/keys`. */
export const SetPoolKeys = v.strictObject({
  prefixes: v.nullable(v.pipe(v.array(prefix), v.maxLength(KEY_PREFIXES_MAX))),
});
export type SetPoolKeys = v.InferInput<typeof SetPoolKeys>;
