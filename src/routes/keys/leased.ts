import { type Context, Hono } from "hono";
import * as v from "valibot";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { JSON_BODY_BYTES_MAX, KEYS_MAX } from "../../../protocol/base/limits.ts";
import { readJson } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { requireLease } from "../../http/lease.ts";
import { executionOf } from "../../http/named.ts";
import { type Run, runOf } from "../../rights/run.ts";
import { deleteRunKey, listRunKeys, readRunKeys, writeRunKey } from "../../rights/run-keys.ts";
import { readKey, readScope } from "./keys.ts";

const scope = v.optional(v.picklist(["system", "user"]), "system");
const ReadKeys = v.union([
  v.strictObject({ names: v.pipe(v.array(v.string()), v.maxLength(KEYS_MAX)), scope }),
  v.strictObject({ prefix: v.string(), scope }),
]);

/**
 * The key-value table for a running action. Its agent requests keys, with the rights of the run. Values that are read by
 * name are decrypted, and the agent masks them in the output.
 */
export const leasedKeys = new Hono<AppEnv>()
  .use("/:id/keys/*", requireLease)
  .post("/:id/keys/read", async (c) => {
    const wanted = await readJson(c, ReadKeys, JSON_BODY_BYTES_MAX);
    const run = await runUnderLease(c);
    const keys =
      "names" in wanted
        ? await readRunKeys(c.env, run, wanted.scope, wanted.names)
        : await listRunKeys(c.env, run, wanted.scope, wanted.prefix);
    return c.json(keys);
  })
  .put("/:id/keys/:name", async (c) => {
    const { name, value, scope: named } = await readKey(c);
    const scope = readScope(named ?? c.req.query("scope"));
    return c.json(await writeRunKey(c.env, await runUnderLease(c), scope, name, value));
  })
  .delete("/:id/keys/:name", async (c) => {
    const scope = readScope(c.req.query("scope"));
    const deleted = await deleteRunKey(c.env, await runUnderLease(c), scope, c.req.param("name"));
    return c.json({ deleted });
  });

async function runUnderLease(c: Context<AppEnv>): Promise<Run> {
  const run = await executionOf(c, c.req.param("id") ?? "").run();
  if (!run) throw new TailraceError("lease_lost");
  return runOf(c.env, run);
}
