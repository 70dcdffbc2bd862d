import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import type { CreateExecution } from "../../protocol/model/execution.ts";
import { api, get } from "./support/api.ts";
import { take } from "./support/chains.ts";
import { eventually } from "./support/eventually.ts";
import { asAdmin, askWith, json, keyOf } from "./support/identity.ts";
import { action, agentIn, newPool } from "./support/pools.ts";
import { clientWith } from "./support/world.ts";

const client = clientWith();
const [gpu, eu] = [newPool(), newPool()];
const start = (ref: string, over: Partial<CreateExecution> = {}) => client.create({ action: ref, ...over });
const tags = (settings: Record<string, string>) =>
  Object.entries(settings).map(([name, value]) => ({ name: `tailrace.${name}`, value }));

beforeAll(async () => {
  await client.register({ pool: "default", actions: [action("both.run"), action("core.local")] });
  await client.register({
    pool: gpu,
    packs: [{ ref: "train", name: "Train", version: "2.0.0" }],
    actions: [
      action("train.run", {
        description: "of gpu",
        tags: tags({ labels: "gpu=a100", queue_timeout_seconds: "600" }),
      }),
      action("two.run"),
      action("both.run"),
      action("tagged.run", { tags: tags({ pool: gpu }) }),
    ],
  });
  await client.register({
    pool: eu,
    packs: [{ ref: "two", name: "Two" }],
    actions: [
      action("two.run"),
      action("tagged.run", { tags: tags({ pool: gpu }) }),
      action("lost.run", { tags: tags({ pool: "gone" }) }),
    ],
  });
});

describe("a run that names no pool", () => {
  it("goes to the only pool that offers its action", async () => {
    expect(await start("train.run")).toMatchObject({ pool: gpu, action: { description: "of gpu" } });
  });

  it("goes to the default pool if that is among several", async () => {
    expect(await start("both.run")).toMatchObject({ pool: "default" });
  });

  it("is refused if several other pools offer its action, and they are named", async () => {
    const { status, body } = await api("POST", "/v1/executions", { action: "two.run" });
    expect(status).toBe(400);
    const names = [gpu, eu].sort().join(", ");
    expect(body).toEqual({
      code: "ambiguous_pool",
      faultstring: `Action "two.run" is offered by several pools: ${names}. Name one.`,
      request_id: expect.any(String),
    });
    expect(await client.list({ action: "two.run" })).toEqual([]);
  });

  it("prefers a pool that offers the action now to an offer from before pools", async () => {
    const [one, other] = [newPool(), newPool()];
    const [pack, old] = [`p${newId()}`, `o${newId()}`];
    await client.register({ pool: "default", actions: [action(`${pack}.run`), action(`${old}.run`)] });
    // As the migration leaves them: without a digest, and without a row if the pack had no metadata of its own.
    await env.INDEX.batch([
      env.INDEX.prepare("UPDATE packs SET digest = '' WHERE ref = ?").bind(pack),
      env.INDEX.prepare("DELETE FROM packs WHERE ref = ?").bind(old),
    ]);
    for (const ref of [pack, old]) {
      expect(await start(`${ref}.run`)).toMatchObject({ pool: "default" });
      await client.register({ pool: one, actions: [action(`${ref}.run`)] });
      expect(await start(`${ref}.run`)).toMatchObject({ pool: one });
      expect(await start(`${ref}.run`, { pool: "default" })).toMatchObject({ pool: "default" });
    }
    await client.register({ pool: other, actions: [action(`${old}.run`)] });
    await expect(start(`${old}.run`)).rejects.toMatchObject({ code: "ambiguous_pool" });
    await client.register({ pool: "default", actions: [action(`${pack}.run`)] });
    expect(await start(`${pack}.run`)).toMatchObject({ pool: "default" });
  });

  it("goes to the pool that its action's tags name, if that pool offers it", async () => {
    expect(await start("tagged.run")).toMatchObject({ pool: gpu });
    await expect(start("lost.run")).rejects.toThrow(
      `Action "lost.run" is to run in the pool "gone" by its tags; it is offered by: ${eu}.`,
    );
  });
});

describe("a run that names a pool", () => {
  it("goes to that pool, and is listed by it", async () => {
    const { id } = await start("both.run", { pool: gpu });
    expect(await client.get(id)).toMatchObject({ pool: gpu });
    const listed = await get(`/v1/executions?pool=${gpu}&action=both.run`);
    expect(listed.headers.get("x-total-count")).toBe("1");
    expect(listed.body).toMatchObject([{ id, pool: gpu }]);
    expect((await get(`/v1/executions?pool=${eu}`)).body).toEqual([]);
  });

  it.each([
    [
      "a pool that does not offer it",
      { pool: "default" },
      /not offered by the pool "default"; it is by: pool-/,
    ],
    ["an invalid pool name", { pool: "a b" }, /a pool's name has/],
    ["an invalid label", { labels: { "a b": "c" } }, /a label has letters/],
    ["a queue timeout of zero", { queue_timeout_seconds: 0 }, /at least one second/],
  ])("is refused with %s", async (_, over, text) => {
    await expect(start("train.run", over)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(text),
    });
  });

  it("is run again in that pool with its labels, unless the request names others", async () => {
    const labels = { zone: "eu" };
    const { id } = await start("two.run", { pool: eu, labels, queue_timeout_seconds: 60 });
    const again = await client.reRun(id);
    expect(await client.get(again.id)).toMatchObject({ pool: eu, labels, queue_timeout_seconds: 60 });
    const other = await client.reRun(id, { pool: gpu, labels: { zone: "us" } });
    expect(await client.get(other.id)).toMatchObject({ pool: gpu, labels: { zone: "us" } });
  });

  it("has the labels and the queue timeout of its action's tags, unless the request has its own", async () => {
    expect(await start("train.run")).toMatchObject({ labels: { gpu: "a100" }, queue_timeout_seconds: 600 });
    const over = { labels: { gpu: "h100", zone: "eu" }, queue_timeout_seconds: 5 };
    expect(await start("train.run", over)).toMatchObject(over);
  });
});

describe("the offers of pools", () => {
  it("are listed with their pool, and filtered by it", async () => {
    const { body } = await get("/v1/actions?pack=both");
    expect(body.map(({ pool }: { pool: string }) => pool)).toEqual(["default", gpu]);
    const { body: own, headers } = await get(`/v1/actions?pool=${eu}`);
    expect(own.map(({ ref }: { ref: string }) => ref)).toEqual(["lost.run", "tagged.run", "two.run"]);
    expect(headers.get("x-total-count")).toBe("3");
    expect(await client.packs(gpu)).toMatchObject([
      { ref: "both", pool: gpu, actions: 1 },
      { ref: "tagged", pool: gpu, actions: 1 },
      { ref: "train", pool: gpu, version: "2.0.0", actions: 1 },
      { ref: "two", pool: gpu, actions: 1 },
    ]);
  });

  it("have an id in each pool, by which they are found and run", async () => {
    const [of_gpu, of_eu] = [await client.action("two.run", gpu), await client.action("two.run", eu)];
    expect(of_gpu.id).not.toBe(of_eu.id);
    expect(await client.action(of_eu.id)).toEqual(of_eu);
  });

  it("are found by reference as a run would choose them", async () => {
    expect(await client.action("both.run")).toMatchObject({ pool: "default" });
    expect(await client.action("train.run")).toMatchObject({ pool: gpu });
    await expect(client.action("two.run")).rejects.toMatchObject({ code: "ambiguous_pool" });
    await expect(client.action("train.run", "default")).rejects.toMatchObject({ code: "invalid" });
    expect((await get("/v1/packs/two")).body).toMatchObject({ code: "ambiguous_pool" });
    expect((await get(`/v1/packs/two?pool=${eu}`)).body).toMatchObject({ name: "Two", pool: eu });
  });

  it("of one pool are not changed by another pool's registration", async () => {
    const before = await client.actions({ pool: eu });
    await client.register({
      pool: gpu,
      actions: [action("two.run", { description: "other" }), action("two.more")],
    });
    expect(await client.actions({ pool: eu })).toEqual(before);
    await client.register({ pool: gpu, actions: [action("two.run")] });
  });
});

describe("a chain's tasks", () => {
  const chainTasks = [
    { name: "own", ref: "flow.step", labels: { step: "1" }, "on-success": "elsewhere" },
    { name: "elsewhere", ref: "flow.step", pool: eu, "on-success": "missing" },
    { name: "missing", ref: "flow.gone" },
  ];

  it("run in its pool with its labels, unless they have their own", async () => {
    const step = action("flow.step", { parameters: { cmd: { type: "string" } } });
    await client.register({
      pool: gpu,
      actions: [step, action("flow.all", { runner_type: "action-chain", chain: { chain: chainTasks } })],
    });
    await client.register({ pool: eu, actions: [step, action("flow.gone")] });
    const labels = { zone: "x" };
    const { id } = await start("flow.all", { labels });
    const here = await agentIn(gpu, ["flow"], { labels: { step: "1", zone: "x" } });
    const own = await take(client, here);
    expect(await client.get(own.id)).toMatchObject({ pool: gpu, labels: { step: "1", zone: "x" } });
    await own.end();
    const there = await agentIn(eu, ["flow"], { labels });
    const elsewhere = await take(client, there);
    expect(await client.get(elsewhere.id)).toMatchObject({ pool: eu, labels });
    await elsewhere.end();
    await eventually(async () => expect((await client.get(id)).status).toBe("failed"));
    expect((await client.get(id)).result?.error).toContain(
      `Action with reference "flow.gone" doesn't exist in pool "${gpu}", and the task names no other (pool).`,
    );
    here.close();
    there.close();
  });
});

describe("a grant in a pool", () => {
  const ask = askWith({ RBAC_ENABLED: true });
  const role = async (grants: unknown[]) => {
    const name = `role-${newId()}`;
    const body = { name, permission_grants: grants };
    return json<{ name: string }>(
      await ask("/api/v1/rbac/roles", { method: "POST", headers: asAdmin, body }),
      201,
    );
  };
  /** A user with these grants, and their requests. */
  const userWith = async (...grants: unknown[]) => {
    const user = `user-${newId()}`;
    const { name } = await role(grants);
    const body = { user, role: name };
    await json(await ask("/api/v1/rbac/role_assignments", { method: "POST", headers: asAdmin, body }), 201);
    return (await keyOf(ask, user)).headers;
  };
  const run = (headers: Record<string, string>, body: unknown) =>
    ask("/api/v1/executions", { method: "POST", headers, body });

  it("permits runs in that pool only, and a run elsewhere is answered as one without an offer", async () => {
    const headers = await userWith({
      permission_types: ["action_execute"],
      resource_uid: "pack:both",
      pool: gpu,
    });
    const execution = await json<{ pool: string; id: string }>(
      await run(headers, { action: "both.run" }),
      201,
    );
    expect(execution.pool).toBe(gpu);
    await json(await run(headers, { action: "both.run", pool: "default" }), 400);
    await json(await run(headers, { action: "core.local" }), 403);
    expect(await json(await ask("/api/v1/actions/both.run", { headers }))).toMatchObject({ pool: gpu });
  });

  it("permits to view and stop the pool's executions only", async () => {
    const headers = await userWith(
      { permission_types: ["execution_view", "execution_stop"], resource_uid: "action:both:run", pool: gpu },
      { permission_types: ["execution_list"] },
    );
    const [there, here] = [await start("both.run", { pool: gpu }), await start("both.run")];
    for (const path of ["", "/output?follow=false", "/output/lines", "/output/folds", "/search?q=x"]) {
      expect((await ask(`/api/v1/executions/${there.id}${path}`, { headers })).status).toBe(200);
      expect((await ask(`/api/v1/executions/${here.id}${path}`, { headers })).status).toBe(403);
    }
    const listed = await json<{ id: string; pool: string }[]>(await ask("/api/v1/executions", { headers }));
    expect(listed.map(({ id }) => id)).toContain(there.id);
    expect(new Set(listed.map(({ pool }) => pool))).toEqual(new Set([gpu]));
    const last = await json<{ id: string }>(await ask("/api/v1/executions/last", { headers }));
    expect(last.id).toBe(there.id);
    expect((await ask(`/api/v1/executions/${here.id}`, { method: "DELETE", headers })).status).toBe(403);
    expect((await ask(`/api/v1/executions/${there.id}`, { method: "DELETE", headers })).status).toBe(200);
  });

  it("is shown with its pool, sent to its user, and revoked by its pool", async () => {
    const { name } = await role([
      { permission_types: ["pack_view"], resource_uid: "pack:two", pool: eu },
      { permission_types: ["pack_view"], resource_uid: "pack:two" },
    ]);
    const path = `/api/v1/rbac/roles/${name}`;
    const shown = async () =>
      (await json<{ permission_grant_objects: unknown[] }>(await ask(path, { headers: asAdmin })))
        .permission_grant_objects;
    const everywhere = { resource_uid: "pack:two", resource_type: "pack", permission_types: ["pack_view"] };
    expect(await shown()).toEqual([everywhere, { ...everywhere, pool: eu }]);
    const query = `permission_types=pack_view&resource_uid=pack:two&pool=${eu}`;
    await ask(`${path}/grants?${query}`, { method: "DELETE", headers: asAdmin });
    expect(await shown()).toEqual([everywhere]);
    const headers = await userWith({ permission_types: ["pack_view"], resource_uid: "pack:two", pool: eu });
    const { rbac } = await json<{ rbac: { permission_grants: unknown[] } }>(
      await ask("/api/v1/user", { headers }),
    );
    expect(rbac.permission_grants).toEqual([
      { resource_uid: "pack:two", permission_types: ["pack_view"], pool: eu },
    ]);
    expect(await json(await ask("/api/v1/packs/two", { headers }))).toMatchObject({ pool: eu });
  });

  it.each(["execution_list", "stream_view", "key_value_pair_view"])(
    "cannot be for %s",
    async (permission) => {
      const body = {
        name: `role-${newId()}`,
        permission_grants: [{ permission_types: [permission], pool: gpu }],
      };
      const answer = await ask("/api/v1/rbac/roles", { method: "POST", headers: asAdmin, body });
      expect(await json(answer, 400)).toMatchObject({
        faultstring: `The permission "${permission}" is not one that is granted in the pool "${gpu}".`,
      });
    },
  );
});
