import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { TailraceError } from "../../protocol/base/errors.ts";
import {
  ACTIONS_MAX,
  PAGE_ACTIONS_MAX,
  STAGED_MS_MAX,
  STAGED_PACKS_MAX,
} from "../../protocol/base/limits.ts";
import { Client } from "../../protocol/client/client.ts";
import { digestOf, pagesOf } from "../../protocol/model/pack-pages.ts";
import { api } from "./support/api.ts";
import { action, newPool } from "./support/pools.ts";
import { clientWith, fetchWorker, ORIGIN, poolKey, TestAgent } from "./support/world.ts";

const client = clientWith();
/** This many actions of a pack. One of the public packs has 3,581. */
const many = (pack: string, count: number, description = "") =>
  Array.from({ length: count }, (_, at) => action(`${pack}.action_${at}`, { description }));

const refsOf = async (pool: string) => (await client.actions({ pool })).map(({ ref }) => ref);

/** The incomplete packs of a pool. */
async function staged(pool: string): Promise<unknown[]> {
  const { results } = await env.INDEX.prepare(
    "SELECT pack, count(*) AS actions FROM staged_actions WHERE pool = ? GROUP BY pack",
  )
    .bind(pool)
    .all();
  return results;
}

/** The pages of a pack's registration, to be sent one by one. */
async function pages(pool: string, actions: ReturnType<typeof many>) {
  const pack = { ref: actions[0]?.pack ?? "", name: "Pack" };
  const digest = await digestOf(pack, actions);
  const path = `/agent/v1/pools/${pool}/packs/${pack.ref}/actions`;
  return [...pagesOf(actions)].map(
    (page) => () => api("POST", path, { pack, digest, total: actions.length, ...page }),
  );
}

describe("a pack's registration", () => {
  it("takes any number of actions in pages, which replace the old ones all at once", async () => {
    const pool = newPool();
    await client.register({ pool, actions: many("large", 3) });
    const [first, ...rest] = await pages(pool, many("large", 3_581, "new").slice(1));
    expect(rest.length).toBeGreaterThanOrEqual(Math.floor(3_580 / PAGE_ACTIONS_MAX));
    await first?.();
    for (const send of rest.slice(0, -1)) expect((await send()).status).toBe(200);
    expect(await refsOf(pool)).toEqual(["large.action_0", "large.action_1", "large.action_2"]);
    expect((await rest.at(-1)?.())?.body).toEqual({ registered: 3_580 });
    const { headers } = await api("GET", `/v1/actions?pool=${pool}&limit=1`);
    expect(headers.get("x-total-count")).toBe("3580");
    expect(await client.action("large.action_1", pool)).toMatchObject({ description: "new" });
    await expect(client.action("large.action_0", pool)).rejects.toMatchObject({ code: "action_not_found" });
  });

  it("sends no actions of a pack that the server has already", async () => {
    const pool = newPool();
    const sent: string[] = [];
    const counting = new Client({
      url: ORIGIN,
      key: "tr_test_admin_key_of_the_worker_suite",
      fetch: (input, init) => {
        sent.push(new URL(String(input)).pathname.replace(/.*\/packs/, "packs"));
        return fetchWorker(input, init);
      },
      socket: () => {
        throw new Error("no socket");
      },
    });
    const both = (description: string) => ({
      pool,
      actions: [...many("one", 2), ...many("two", 2, description)],
    });
    await counting.register(both(""));
    expect(sent.splice(0)).toEqual(["packs", "packs/one/actions", "packs/two/actions"]);
    expect(await counting.register(both(""))).toEqual({ registered: 4 });
    expect(sent.splice(0)).toEqual(["packs"]);
    await counting.register(both("another"));
    expect(sent).toEqual(["packs", "packs/two/actions"]);
  });

  it("keeps the id of an action that is registered again", async () => {
    const pool = newPool();
    await client.register({ pool, actions: many("kept", 2) });
    const before = await client.action("kept.action_1", pool);
    await client.register({ pool, actions: many("kept", 2, "new") });
    expect(await client.action("kept.action_1", pool)).toEqual({ ...before, description: "new" });
  });

  it("starts again when another registration of the same pack comes between", async () => {
    const pool = newPool();
    const [first, second] = await pages(pool, many("raced", PAGE_ACTIONS_MAX + 1, "mine"));
    await first?.();
    await client.register({ pool, actions: many("raced", 2, "other") });
    expect(await second?.()).toMatchObject({ status: 409, body: { code: "gap", next: 0 } });
    expect(await refsOf(pool)).toEqual(["raced.action_0", "raced.action_1"]);
    await client.register({ pool, actions: many("raced", PAGE_ACTIONS_MAX + 1, "mine") });
    expect(await refsOf(pool)).toHaveLength(PAGE_ACTIONS_MAX + 1);
  });

  it("is made by several agents at once, page by page, if they have the same pack", async () => {
    const pool = newPool();
    const actions = many("same", 2 * PAGE_ACTIONS_MAX + 1);
    const [mine, theirs] = [await pages(pool, actions), await pages(pool, actions)];
    for (const [at, send] of mine.entries())
      expect((await Promise.all([send(), theirs[at]?.()])).map((answer) => answer?.status)).toEqual([
        200, 200,
      ]);
    expect(await refsOf(pool)).toHaveLength(actions.length);
    expect((await theirs[1]?.())?.status).toBe(200);
    expect(await staged(pool)).toEqual([]);
  });

  it("accepts pages in order only, and no page of another form of the pack", async () => {
    const pool = newPool();
    const [, second] = await pages(pool, many("gone", PAGE_ACTIONS_MAX + 1));
    expect(await second?.()).toMatchObject({ status: 409, body: { code: "gap", next: 0 } });
    expect(await staged(pool)).toEqual([]);
    for (const description of ["one", "two"]) {
      const [first] = await pages(pool, many("gone", PAGE_ACTIONS_MAX + 1, description));
      await first?.();
    }
    expect(await staged(pool)).toEqual([{ pack: "gone", actions: PAGE_ACTIONS_MAX }]);
  });

  it("is refused when too many packs are incomplete, and old ones give way", async () => {
    const pool = newPool();
    const begin = async (ref: string) => {
      const pack = { ref, name: ref };
      const page = { pack, digest: "0".repeat(64), total: 2, first: 0, actions: many(ref, 1) };
      return api("POST", `/agent/v1/pools/${pool}/packs/${ref}/actions`, page);
    };
    for (let at = 0; at < STAGED_PACKS_MAX; at++) expect((await begin(`begun_${at}`)).status).toBe(200);
    expect(await begin("over")).toMatchObject({ status: 429, body: { code: "too_many" } });
    expect((await begin("begun_0")).status).toBe(200);
    expect(await staged(pool)).toHaveLength(STAGED_PACKS_MAX);
    await client.register({ pool: newPool(), actions: many("over", 1) });
    await env.INDEX.prepare("UPDATE staged_actions SET staged_ms = staged_ms - ? WHERE pool = ?")
      .bind(STAGED_MS_MAX + 1, pool)
      .run();
    await client.register({ pool, actions: many("over", 1) });
    expect(await staged(pool)).toEqual([]);
  });

  it("may have no actions, which removes the earlier ones", async () => {
    const pool = newPool();
    await client.register({
      pool,
      packs: [{ ref: "emptied", name: "Emptied" }],
      actions: many("emptied", 2),
    });
    await client.register({ pool, packs: [{ ref: "emptied", name: "Emptied" }], actions: [] });
    expect(await client.packs(pool)).toMatchObject([{ ref: "emptied", actions: 0 }]);
  });

  it("that is refused is reported, and the others go on", async () => {
    const pool = newPool();
    const packs = [
      { ref: "bad", name: "Bad", description: "x".repeat(1024 * 1024) },
      { ref: "good", name: "Good" },
    ];
    const refused: [string, string][] = [];
    await client.register({ pool, packs, actions: many("good", 1) }, (ref, { code }) =>
      refused.push([ref, code]),
    );
    expect(refused).toEqual([["bad", "too_large"]]);
    expect(await client.packs(pool)).toMatchObject([{ ref: "good", actions: 1 }]);
    await expect(client.register({ pool, packs, actions: [] })).rejects.toBeInstanceOf(TailraceError);
  });

  it.each([
    ["more actions than a page has", { actions: many("p", PAGE_ACTIONS_MAX + 1) }],
    ["more actions than a pack has", { total: ACTIONS_MAX + 1 }],
    ["more actions than the total", { total: 2, first: 2 }],
    ["an action of another pack", { actions: many("other", 1) }],
    ["an invalid digest", { digest: "0" }],
  ])("refuses %s", async (_, over) => {
    const page = {
      pack: { ref: "p", name: "P" },
      digest: "0".repeat(64),
      total: 1,
      first: 0,
      actions: many("p", 1),
    };
    const path = `/agent/v1/pools/${newPool()}/packs/p/actions`;
    expect(await api("POST", path, { ...page, ...over })).toMatchObject({
      status: 400,
      body: { code: "invalid" },
    });
  });
});

describe("an agent", () => {
  it("registers in its own pool only", async () => {
    const [pool, other] = [newPool(), newPool()];
    const { identity } = await TestAgent.connect(pool);
    const agent = clientWith(identity.secret);
    await client.register({ pool: other, actions: many("theirs", 1) });
    await expect(agent.register({ pool: other, actions: many("theirs", 2) })).rejects.toMatchObject({
      code: "forbidden",
    });
    const page = {
      pack: { ref: "theirs", name: "T" },
      digest: "0".repeat(64),
      total: 0,
      first: 0,
      actions: [],
    };
    const path = `/agent/v1/pools/${other}/packs/theirs/actions`;
    expect((await api("POST", path, page, { "st2-api-key": identity.secret })).status).toBe(403);
    expect(await refsOf(other)).toEqual(["theirs.action_0"]);
    await agent.register({ pool, actions: many("theirs", 2) });
    expect(await refsOf(pool)).toHaveLength(2);
  });

  it("registers nothing with its pool's key", async () => {
    const pool = newPool();
    const registrar = clientWith(await poolKey(pool));
    await expect(registrar.register({ pool, actions: many("theirs", 1) })).rejects.toMatchObject({
      code: "forbidden",
    });
    expect(await refsOf(pool)).toEqual([]);
  });
});

describe("a client of the first release", () => {
  const body = { packs: [{ ref: "old", name: "Old" }], actions: [...many("old", 600), ...many("older", 1)] };

  it("registers all actions in one request, in the default pool", async () => {
    expect(await api("POST", "/agent/v1/actions", body)).toMatchObject({
      status: 200,
      body: { registered: 601 },
    });
    expect(await client.packs("default")).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ref: "old", name: "Old", actions: 600 }),
        expect.objectContaining({ ref: "older", actions: 1 }),
      ]),
    );
  });

  it("that is an agent can offer nothing more, but can finish its leases", async () => {
    const pool = newPool();
    const headers = { "st2-api-key": await poolKey(pool) };
    expect(await api("POST", "/agent/v1/actions", body, headers)).toMatchObject({
      status: 200,
      body: { registered: 0 },
    });
    expect(await refsOf(pool)).toEqual([]);
  });
});
