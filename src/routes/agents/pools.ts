import { Hono } from "hono";
import { JSON_BODY_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { SetPoolKeys } from "../../../protocol/model/key.ts";
import { audit } from "../../http/audited.ts";
import { readJson } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { readPoolKeys, writePoolKeys } from "../../index/pool-keys.ts";
import { demandAdmin } from "../../rights/permissions.ts";

/** The keys that the runs of a pool may reach, whichever user they run for. An administrator sets them. */
export const pools = new Hono<AppEnv>()
  .use("/:pool/keys", async (c, next) => {
    demandAdmin(c.get("principal"));
    await next();
  })
  .get("/:pool/keys", async (c) => c.json(await readPoolKeys(c.env.INDEX, c.req.param("pool"))))
  .put("/:pool/keys", async (c) => {
    const { prefixes } = await readJson(c, SetPoolKeys, JSON_BODY_BYTES_MAX);
    const keys = { pool: c.req.param("pool"), prefixes };
    await audit(c, "pool.keys", `pool:${keys.pool}`, { prefixes: prefixes?.join(",") ?? "all" });
    await writePoolKeys(c.env.INDEX, keys);
    return c.json(keys);
  });
