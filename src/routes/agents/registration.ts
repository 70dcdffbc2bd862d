import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import {
  JSON_BODY_BYTES_MAX,
  POOL_PACKS_MAX,
  REGISTER_BODY_BYTES_MAX,
  REGISTER_PAGE_BYTES_MAX,
  STAGED_PACKS_MAX,
} from "../../../protocol/base/limits.ts";
import { RegisterActions } from "../../../protocol/model/action.ts";
import { DEFAULT_POOL } from "../../../protocol/model/default-pool.ts";
import { digestOf, pagesOf } from "../../../protocol/model/pack-pages.ts";
import { PoolName } from "../../../protocol/model/pool.ts";
import { OfferPacks, RegisterPage } from "../../../protocol/wire/registration.ts";
import { PROTOCOL_HEADER } from "../../../protocol/wire/version.ts";
import { requirePacks } from "../../auth/middleware.ts";
import { check, readJson } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import {
  digestsOf,
  hasRoomFor,
  type RegisteredPack,
  registerStaged,
  type StagedPage,
  stageActions,
} from "../../index/registration.ts";
import { refusePatterns } from "./action-patterns.ts";

/** The actions of a pool: each agent registers those of its own pool and no other. */
export const registration = new Hono<AppEnv>()
  .post("/pools/:pool/packs", requirePacks, async (c) => {
    const pool = ownPool(c);
    const { packs } = await readJson(c, OfferPacks, JSON_BODY_BYTES_MAX);
    const refs = packs.map(({ ref }) => ref);
    const known = await digestsOf(c.env.INDEX, pool, refs);
    return c.json({ changed: packs.flatMap(({ ref, digest }) => (known.get(ref) === digest ? [] : [ref])) });
  })
  .post("/pools/:pool/packs/:ref/actions", requirePacks, async (c) => {
    const page = await readJson(c, RegisterPage, REGISTER_PAGE_BYTES_MAX, ["actions"]);
    const { pack, digest, total, first, actions } = page;
    if (pack.ref !== c.req.param("ref") || actions.some((action) => action.pack !== pack.ref))
      throw new TailraceError("invalid", "A page may only have actions of the pack that its path names.");
    if (first + actions.length > total)
      throw new TailraceError("invalid", `The page has more than the ${total} actions of the pack.`);
    refusePatterns(actions);
    const registered: RegisteredPack = { pool: ownPool(c), pack, digest };
    await take(c, registered, page, total);
    return c.json({ registered: first + actions.length });
  })
  // Clients of the first release register everything in one request. Their agents only finish their executions, so their
  // actions are ignored.
  .post("/actions", requirePacks, async (c) => {
    const is_first_release = c.req.header(PROTOCOL_HEADER) === undefined;
    if (c.get("principal").role === "registrar" && is_first_release) return c.json({ registered: 0 });
    refuseRegistrar(c);
    const { packs, actions } = await readJson(c, RegisterActions, REGISTER_BODY_BYTES_MAX, ["actions"]);
    refusePatterns(actions);
    const pool = c.get("principal").pool ?? DEFAULT_POOL;
    const refs = new Set([...packs.map(({ ref }) => ref), ...actions.map(({ pack }) => pack)]);
    for (const ref of refs) {
      const pack = packs.find((one) => one.ref === ref) ?? {
        ref,
        name: ref,
        version: "",
        description: "",
        author: "",
      };
      const own = actions.filter((action) => action.pack === ref);
      const registered: RegisteredPack = { pool, pack, digest: await digestOf(pack, own) };
      for (const page of pagesOf(own)) await take(c, registered, page, own.length);
    }
    return c.json({ registered: actions.length });
  });

function refuseRegistrar(c: Context<AppEnv>): void {
  if (c.get("principal").role !== "registrar") return;
  throw new TailraceError("forbidden", "A pool's key only registers agents.");
}

/** The pool that the path names. The credential must be of that pool. */
function ownPool(c: Context<AppEnv>): string {
  refuseRegistrar(c);
  const pool = check(PoolName, c.req.param("pool"));
  const own = c.get("principal").pool;
  if (own === null || own === pool) return pool;
  throw new TailraceError("forbidden", `The key is for the pool "${own}".`);
}

async function demandRoom(c: Context<AppEnv>, { pool, pack }: RegisteredPack): Promise<void> {
  if (await hasRoomFor(c.env.INDEX, pool, pack.ref)) return;
  throw new TailraceError("invalid", `The pool "${pool}" has ${POOL_PACKS_MAX} packs.`);
}

/** Takes a page of a pack's actions. The last page makes all of them the pool's. */
async function take(
  c: Context<AppEnv>,
  registered: RegisteredPack,
  page: StagedPage,
  total: number,
): Promise<void> {
  const { pool, pack, digest } = registered;
  const { INDEX } = c.env;
  if (page.first === 0) await demandRoom(c, registered);
  const outcome = await stageActions(INDEX, registered, page, Date.now());
  if (outcome === "full")
    throw new TailraceError("too_many", `${STAGED_PACKS_MAX} packs of the pool "${pool}" are incomplete.`);
  const is_last = page.first + page.actions.length === total;
  if (outcome === "staged" && (!is_last || (await registerStaged(INDEX, registered, total)))) return;
  // Another agent with the same pack was faster.
  const known = await digestsOf(INDEX, pool, [pack.ref]);
  if (known.get(pack.ref) === digest) return;
  throw new TailraceError(
    "gap",
    `Some of the ${total} actions of ${pack.ref} are missing: register the pack again.`,
    0,
  );
}
