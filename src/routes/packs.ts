import { Hono } from "hono";
import { TailraceError } from "../../protocol/errors.ts";
import { demand } from "../auth/permissions.ts";
import { listPacks } from "../index/packs.ts";
import { queryAttributes, selectAttributes } from "./attributes.ts";
import type { AppEnv } from "./context.ts";
import { pageHeaders, queryPage } from "./query.ts";

/** StackStorm's packs, as the agents registered them. */
export const packs = new Hono<AppEnv>()
  .get("/", async (c) => {
    demand(c.get("principal"), "pack_list");
    const page = queryPage(c);
    const attributes = queryAttributes(c);
    const all = await listPacks(c.env.INDEX);
    pageHeaders(c, page, all.length);
    const { offset, limit = all.length } = page;
    return c.json(all.slice(offset, offset + limit).map((pack) => selectAttributes(pack, attributes)));
  })
  .get("/:ref", async (c) => {
    const ref = c.req.param("ref");
    const [pack] = await listPacks(c.env.INDEX, ref);
    if (!pack) throw new TailraceError("not_found", `Resource with a ref or id "${ref}" not found`);
    demand(c.get("principal"), "pack_view", { kind: "pack", ref: pack.ref });
    return c.json(pack);
  });
