import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import type { CreateExecution } from "../../protocol/model/execution.ts";
import type { StoredState } from "../../src/execution/state/record.ts";
import { agentsLack } from "../../src/pool/decide/reason.ts";
import { eventually } from "./support/eventually.ts";
import { askWith, keyOf } from "./support/identity.ts";
import { action, agentIn, limit, newPool, takeLease } from "./support/pools.ts";
import { clientWith, type TestAgent } from "./support/world.ts";

const client = clientWith();
const agents: TestAgent[] = [];
afterEach(() => {
  for (const agent of agents.splice(0)) agent.close();
});

/** An agent that disconnects after the test. */
async function join(...of: Parameters<typeof agentIn>): Promise<TestAgent> {
  const agent = await agentIn(...of);
  agents.push(agent);
  return agent;
}

/** A pool of its own that offers these actions. */
async function poolWith(...refs: string[]): Promise<string> {
  const pool = newPool();
  await client.register({ pool, actions: refs.map((ref) => action(ref)) });
  return pool;
}

const start = (pool: string, ref: string, over: Partial<CreateExecution> = {}) =>
  client.create({ action: ref, pool, ...over });

/**
 * Replaces what an execution has stored encrypted, and returns what was there. The running object can write its own copy until it is
 * evicted, so this is repeated until it holds.
 */
async function storeSealed(id: string, sealed: StoredState["sealed"]): Promise<StoredState["sealed"]> {
  const object = env.EXECUTION.getByName(id);
  const stored = () =>
    runInDurableObject(object, (_, { storage: { kv } }) => kv.get<StoredState>("state")?.sealed ?? {});
  const before = await stored();
  do {
    await runInDurableObject(object, (_, { storage: { kv } }) =>
      kv.put("state", { ...kv.get<StoredState>("state"), sealed }),
    );
    await evictDurableObject(object);
  } while (JSON.stringify(await stored()) !== JSON.stringify(sealed));
  return before;
}

/** The reason why an execution waits. */
const reasonOf = async (id: string) => (await client.get(id)).waiting?.reason;

describe("an execution is given", () => {
  it("only to an agent with its pack", async () => {
    const pool = await poolWith("web.deploy", "train.run");
    const web = await join(pool, ["core", "web"]);
    const training = await start(pool, "train.run");
    const deploy = await start(pool, "web.deploy");
    expect((await takeLease(client, web)).id).toBe(deploy.id);
    expect(await reasonOf(training.id)).toBe(`no agent in pool ${pool} has pack train`);
    const train = await join(pool, ["core", "train"]);
    expect((await takeLease(client, train)).id).toBe(training.id);
    expect(await client.get(training.id)).not.toHaveProperty("waiting");
  });

  it("only to an agent with all its labels and their values", async () => {
    const pool = await poolWith("train.run");
    const labels = { gpu: "a100", zone: "eu" };
    const { id } = await start(pool, "train.run", { labels });
    expect(await reasonOf(id)).toBe(`pool ${pool} has no agent connected`);
    await join(pool, ["train"], { labels: { gpu: "h100", zone: "eu" } });
    expect(await reasonOf(id)).toBe(`no agent in pool ${pool} that has pack train has label gpu=a100`);
    await join(pool, ["train"], { labels: { gpu: "a100", zone: "us" } });
    expect(await reasonOf(id)).toBe(
      `no agent in pool ${pool} that has pack train has all of the labels gpu=a100, zone=eu`,
    );
    const right = await join(pool, ["train"], { labels: { ...labels, more: "1" } });
    const taken = await takeLease(client, right);
    expect(taken.id).toBe(id);
    expect(await client.get(id)).toMatchObject({ pool, labels, agent: { id: right.id, pool } });
  });

  it("only to an agent with its runner", async () => {
    const pool = newPool();
    await client.register({
      pool,
      actions: [action("py.count", { runner_type: "python-script", entry_point: "count.py" })],
    });
    await join(pool, ["py"]);
    const { id } = await start(pool, "py.count");
    expect(await reasonOf(id)).toBe(`no agent in pool ${pool} that has pack py runs python-script`);
    const other = await join(pool, ["py"], { runners: ["python-script"] });
    expect((await takeLease(client, other)).id).toBe(id);
  });

  it("to the agent with the most free slots among those that can run it", async () => {
    const pool = await poolWith("web.deploy");
    const small = await join(pool, ["web"], { slots: 1 });
    await join(pool, ["other"], { slots: 9 });
    const large = await join(pool, ["web"], { slots: 2 });
    await start(pool, "web.deploy");
    await takeLease(client, large);
    await start(pool, "web.deploy");
    await start(pool, "web.deploy");
    await Promise.all([takeLease(client, small), takeLease(client, large)]);
    const { id } = await start(pool, "web.deploy");
    expect(await reasonOf(id)).toBe("every agent with pack web is busy (3 of 3 slots)");
    await client.cancel(id);
  });

  it("only to agents of its own pool", async () => {
    const [one, other] = [await poolWith("web.deploy"), await poolWith("web.deploy")];
    const agent = await join(other, ["web"]);
    const waiting = await start(one, "web.deploy");
    const { id } = await start(other, "web.deploy");
    expect((await takeLease(client, agent)).id).toBe(id);
    expect(await reasonOf(waiting.id)).toBe(`pool ${one} has no agent connected`);
  });

  it("before an earlier one that no agent can run now, which keeps its place and is tried again", async () => {
    const pool = await poolWith("web.deploy");
    const broken = await start(pool, "web.deploy");
    const { id } = await start(pool, "web.deploy");
    const given = await storeSealed(broken.id, {});
    const agent = await join(pool, ["web"], { slots: 1 });
    const taken = await takeLease(client, agent);
    expect(taken.id).toBe(id);
    const third = await start(pool, "web.deploy");
    await taken.end();
    await storeSealed(broken.id, given);
    const rest = [await takeLease(client, agent)];
    await rest[0]?.end();
    rest.push(await takeLease(client, agent));
    expect(rest.map(({ id }) => id).sort()).toEqual([broken.id, third.id].sort());
  });

  it("before any number of executions that no agent can run", async () => {
    const pool = await poolWith("web.deploy", "train.run");
    const wanted = { runner: "local-shell-cmd", pack: "train", labels: {}, user: "ann" };
    await runInDurableObject(env.RUNNER_POOL.getByName(pool), async (object) => {
      for (let n = 0; n < 10_000; n++) await object.enqueue(n.toString(16).padStart(24, "0"), wanted);
    });
    const agent = await join(pool, ["web"]);
    const { id } = await start(pool, "web.deploy");
    const taken = await takeLease(client, agent);
    expect(taken.id).toBe(id);
    await taken.end();
  });
});

describe("a waiting execution", () => {
  it("names the labels that it needs when all agents with them are busy", async () => {
    const pool = await poolWith("train.run");
    const labels = { gpu: "a100" };
    const agent = await join(pool, ["train"], { slots: 2, labels });
    await start(pool, "train.run");
    await start(pool, "train.run");
    const { id } = await start(pool, "train.run", { labels });
    await takeLease(client, agent);
    const second = await takeLease(client, agent);
    const { waiting, start_timestamp } = await client.get(id);
    expect(waiting).toEqual({
      reason: "every agent with gpu=a100 is busy (2 of 2 slots)",
      since: start_timestamp,
    });
    await second.end();
    expect((await takeLease(client, agent)).id).toBe(id);
  });

  it("says that agents of the first release take no new work", () => {
    const hello = { name: "old", version: "0", slots: 4, runners: ["noop"], labels: {}, packs: [] };
    const old = { agent_id: "a", protocol: null, ...hello };
    const needs = { runner: "noop", pack: "web", labels: {} };
    expect(agentsLack("gpu", [old], needs, () => 0, new Map())?.text).toBe(
      "every agent in pool gpu is of an older release, and takes no new work",
    );
  });
});

describe("limits", () => {
  const ask = askWith();
  const deploy = "web.deploy";
  /** A client with a key of the user. */
  const userClient = async (user: string) => clientWith((await keyOf(ask, user)).key);

  it("on a user's running executions make the others wait with that reason, without affecting other users", async () => {
    const pool = await poolWith(deploy);
    await limit({ USER_RUNNING_MAX: 2 });
    const [ann, bob] = [await userClient("ann"), await userClient("bob")];
    const agent = await join(pool, ["web"], { slots: 8 });
    const anns = [];
    for (let n = 0; n < 4; n++) anns.push(await ann.create({ action: deploy, pool }));
    const bobs = await bob.create({ action: deploy, pool });
    const taken = [];
    for (let n = 0; n < 3; n++) taken.push(await takeLease(client, agent));
    expect(taken.map(({ id }) => id)).toEqual([anns[0]?.id, anns[1]?.id, bobs.id]);
    expect(await reasonOf(anns[2]?.id ?? "")).toBe(`user ann runs 2 of 2 in pool ${pool}`);
    await taken[0]?.end();
    expect((await takeLease(client, agent)).id).toBe(anns[2]?.id);
  });

  it("on running executions of a pool make the others wait", async () => {
    const pool = await poolWith(deploy);
    await limit({ POOL_RUNNING_MAX: 1 });
    const agent = await join(pool, ["web"], { slots: 8 });
    await start(pool, deploy);
    const second = await start(pool, deploy);
    const first = await takeLease(client, agent);
    expect(await reasonOf(second.id)).toBe(`pool ${pool} runs 1 of 1`);
    await first.end();
    expect((await takeLease(client, agent)).id).toBe(second.id);
  });

  it("on a user's waiting executions refuse one more, create nothing, and do not affect other users", async () => {
    const pool = await poolWith(deploy);
    await limit({ USER_WAITING_MAX: 2 });
    const [ann, bob] = [await userClient("ann"), await userClient("bob")];
    await ann.create({ action: deploy, pool, delay: 60_000 });
    const { id } = await ann.create({ action: deploy, pool });
    await expect(ann.create({ action: deploy, pool })).rejects.toMatchObject({
      code: "too_many",
      status: 429,
      message: `Not started: user ann has 2 executions waiting in pool ${pool}, and may not have more (USER_WAITING_MAX).`,
    });
    expect(await client.list({ pool })).toHaveLength(2);
    await bob.create({ action: deploy, pool });
    await client.cancel(id);
    await ann.create({ action: deploy, pool });
  });

  it("on waiting executions of a pool refuse one more", async () => {
    const pool = await poolWith(deploy);
    await limit({ POOL_WAITING_MAX: 1 });
    await start(pool, deploy);
    await expect(start(pool, deploy)).rejects.toMatchObject({
      code: "too_many",
      message: `Not started: pool ${pool} has 1 executions waiting, and takes no more (POOL_WAITING_MAX).`,
    });
  });

  it("hold for simultaneous requests", async () => {
    const pool = await poolWith(deploy);
    await limit({ POOL_WAITING_MAX: 5 });
    const all = await Promise.allSettled(Array.from({ length: 12 }, () => start(pool, deploy)));
    expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
  });

  it("do not count a place that was kept for an execution that never came", async () => {
    const pool = await poolWith(deploy);
    await limit({ POOL_WAITING_MAX: 1 });
    const wanted = { runner: "local-shell-cmd", pack: "web", labels: {}, user: "ann" };
    const object = env.RUNNER_POOL.getByName(pool);
    expect(await object.reserve("0".repeat(24), wanted, Date.now() - 1)).toBeUndefined();
    await start(pool, deploy);
  });

  it("give a free slot to the user with the fewest running executions", async () => {
    const pool = await poolWith(deploy);
    const [ann, bob] = [await userClient("ann"), await userClient("bob")];
    const agent = await join(pool, ["web"], { slots: 1 });
    for (let n = 0; n < 3; n++) await ann.create({ action: deploy, pool });
    const bobs = await bob.create({ action: deploy, pool });
    const first = await takeLease(client, agent);
    // The other user's executions have waited for longer, and one of them runs.
    const other = await join(pool, ["web"], { slots: 1 });
    expect((await takeLease(client, other)).id).toBe(bobs.id);
    await first.end();
    expect(await takeLease(client, agent)).not.toMatchObject({ id: bobs.id });
  });

  it("keep children of a run outside the queue until there is room", async () => {
    const pool = newPool();
    const chain = { chain: [{ name: "only", ref: deploy }] };
    await client.register({
      pool,
      actions: [action(deploy), action("web.flow", { runner_type: "action-chain", chain })],
    });
    await limit({ USER_WAITING_MAX: 1 });
    const { id } = await start(pool, "web.flow");
    const [child] = await eventually(async () => {
      const children = await client.children(id);
      expect(children).toHaveLength(1);
      return children;
    });
    await eventually(async () =>
      expect(await reasonOf(child?.id ?? "")).toBe(`pool ${pool} has no agent connected`),
    );
    await expect(start(pool, "web.flow")).rejects.toMatchObject({ code: "too_many" });
  });
});
