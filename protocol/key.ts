import * as v from "valibot";
import { KEY_VALUE_CHARS_MAX } from "./limits.ts";

export const KEY_NAME_PATTERN = /^[^\s/?#]{1,255}$/;

/** One entry of the key-value table. `scope` is StackStorm's; there is one, `system`. */
export const Key = v.object({
  name: v.string(),
  value: v.string(),
  secret: v.boolean(),
  scope: v.literal("system"),
  expire_timestamp: v.exactOptional(v.string()),
});
export type Key = v.InferOutput<typeof Key>;

/** What sets a key. `ttl` is in seconds. A secret value is encrypted where it is stored. */
export const SetKey = v.object({
  name: v.optional(v.string()),
  value: v.pipe(v.string(), v.maxLength(KEY_VALUE_CHARS_MAX)),
  secret: v.optional(v.boolean(), false),
  scope: v.optional(v.picklist(["system", "st2kv.system"]), "system"),
  ttl: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1)))),
});
export type SetKey = v.InferInput<typeof SetKey>;
