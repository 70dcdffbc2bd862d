import { Hono } from "hono";
import * as v from "valibot";
import { JSON_BODY_BYTES_MAX, KEYS_MAX } from "../../protocol/limits.ts";
import { deleteKey, readKeys } from "../index/keys.ts";
import { readJson } from "./body.ts";
import { type AppEnv, requireLease } from "./context.ts";
import { putKey } from "./keys.ts";

const ReadKeys = v.union([
  v.strictObject({ names: v.pipe(v.array(v.string()), v.maxLength(KEYS_MAX)) }),
  v.strictObject({ prefix: v.string() }),
]);

/** The key-value table for a running action, by its agent. Values come open: the agent masks them in all that is printed. */
export const leasedKeys = new Hono<AppEnv>()
  .use("/:id/keys/*", requireLease)
  .post("/:id/keys/read", async (c) => {
    const wanted = await readJson(c, ReadKeys, JSON_BODY_BYTES_MAX);
    return c.json(await readKeys(c.env, wanted, { open: true, limit: KEYS_MAX }));
  })
  .put("/:id/keys/:name", async (c) => c.json(await putKey(c)))
  .delete("/:id/keys/:name", async (c) => c.json({ deleted: await deleteKey(c.env, c.req.param("name")) }));
