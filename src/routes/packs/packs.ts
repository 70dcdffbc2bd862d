import { Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import type { Pack } from "../../../protocol/model/action.ts";
import { DEFAULT_POOL } from "../../../protocol/model/default-pool.ts";
import { permits, type Resource } from "../../../protocol/model/permissions.ts";
import { queryAttributes, selectAttributes } from "../../http/attributes.ts";
import type { AppEnv } from "../../http/context.ts";
import { asNamed, pageHeaders, queryPage } from "../../http/query.ts";
import { listPacks } from "../../index/packs.ts";
import { demand, rightsOf } from "../../rights/permissions.ts";

/** StackStorm's packs, as agents registered them. */
export const packs = new Hono<AppEnv>()
  .get("/", async (c) => {
    demand(c.get("principal"), "pack_list");
    const page = queryPage(c);
    const attributes = queryAttributes(c);
    const pool = c.req.query("pool") || undefined;
    const all = (await listPacks(c.env.INDEX, { pool })).filter(asNamed(c, ["id", "name", "ref"]));
    pageHeaders(c, page, all.length);
    const { offset, limit = all.length } = page;
    return c.json(all.slice(offset, offset + limit).map((pack) => selectAttributes(pack, attributes)));
  })
  .get("/:ref", async (c) => {
    const ref = c.req.param("ref");
    const principal = c.get("principal");
    const all = await listPacks(c.env.INDEX, { ref_or_id: ref, pool: c.req.query("pool") || undefined });
    const [first] = all;
    if (!first) throw new TailraceError("not_found", `Resource with a ref or id "${ref}" not found`);
    const rights = rightsOf(principal);
    const open = all.filter((pack) => permits(rights, "pack_view", resourceOf(pack)));
    const pack = open.length > 1 ? open.find(({ pool }) => pool === DEFAULT_POOL) : (open[0] ?? first);
    if (!pack) {
      const names = open.map(({ pool }) => pool).join(", ");
      throw new TailraceError("ambiguous_pool", `Pack "${ref}" is in several pools: ${names}. Name one.`);
    }
    demand(principal, "pack_view", resourceOf(pack));
    return c.json(pack);
  });

function resourceOf({ ref, pool }: Pack): Resource {
  return { kind: "pack", ref, pool };
}
