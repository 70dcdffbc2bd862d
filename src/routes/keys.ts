import { type Context, Hono } from "hono";
import { TailraceError } from "../../protocol/errors.ts";
import { KEY_NAME_PATTERN, type Key, SetKey } from "../../protocol/key.ts";
import { JSON_BODY_BYTES_MAX, KEYS_MAX } from "../../protocol/limits.ts";
import { demandAdmin } from "../auth/permissions.ts";
import { deleteKey, readKeys, writeKey } from "../index/keys.ts";
import { readJson } from "./body.ts";
import type { AppEnv } from "./context.ts";
import { queryBoolean, queryPage } from "./query.ts";

/** StackStorm's key-value table. An administrator's, who may open its secret values with `?decrypt=true`. */
export const keys = new Hono<AppEnv>()
  .use(async (c, next) => {
    demandAdmin(c.get("principal"));
    await next();
  })
  .get("/", async (c) => {
    const { limit = KEYS_MAX } = queryPage(c, KEYS_MAX);
    const open = queryBoolean(c, "decrypt", false);
    return c.json(await readKeys(c.env, { prefix: c.req.query("prefix") ?? "" }, { open, limit }));
  })
  .get("/:name", async (c) => {
    const name = c.req.param("name");
    const open = queryBoolean(c, "decrypt", false);
    const [key] = await readKeys(c.env, { names: [name] }, { open, limit: 1 });
    if (!key) throw noSuchKey(name);
    return c.json(key);
  })
  .put("/:name", async (c) => c.json(await putKey(c)))
  .delete("/:name", async (c) => {
    const name = c.req.param("name");
    if (!(await deleteKey(c.env, name))) throw noSuchKey(name);
    return c.body(null, 204);
  });

/** Sets the key that the path names, from the body. */
export async function putKey(c: Context<AppEnv>): Promise<Key> {
  const name = c.req.param("name") ?? "";
  if (!KEY_NAME_PATTERN.test(name)) {
    throw new TailraceError(
      "invalid",
      `"${name}" is not a key's name: up to 255 characters, no space, / ? or #.`,
    );
  }
  const { value, secret, ttl } = await readJson(c, SetKey, JSON_BODY_BYTES_MAX);
  return writeKey(c.env, name, { value, secret, ttl: ttl ?? null });
}

function noSuchKey(name: string): TailraceError {
  return new TailraceError("key_not_found", `KeyValuePair with name "${name}" not found`);
}
