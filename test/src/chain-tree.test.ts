import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  agent,
  cancelDuring,
  client,
  connectAgents,
  evict,
  reach,
  shell,
  start,
  TREE,
  textOf,
} from "./support/chain-runs.ts";
import { chainOf, PACK, printed, registerChains, take } from "./support/chains.ts";
import { readAll } from "./support/events.ts";
import { eventually } from "./support/eventually.ts";

connectAgents();

afterEach(() => {
  vi.useRealTimers();
});

describe("the tree of a chain", () => {
  it("is followed as one output: every chunk with its path, in order, and the end last", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    const followed = readAll(client.follow(id));
    const tasks: Record<string, string> = {};
    for (const name of ["before", "deep", "deeper", "after"]) {
      const task = await take(client, agent);
      expect(task.name).toBe(name);
      tasks[name] = task.id;
      await task.print(1, `${name} 1\n`);
      await task.print(2, `${name} 2\n`);
      await task.end({ last_seq: 2 });
    }
    const records = await followed;
    const chunks = records.flatMap((record) => ("seq" in record ? [record] : []));
    const paths = ["before", "the inner one/deep", "the inner one/deeper", "after"];
    expect(chunks.map(({ seq, path, data }) => [seq, path, data])).toEqual(
      ["before", "deep", "deeper", "after"].flatMap((name, at) => [
        [2 * at + 1, paths[at], `${name} 1\n`],
        [2 * at + 2, paths[at], `${name} 2\n`],
      ]),
    );
    expect(chunks.map(({ execution_id }) => execution_id)).toEqual(
      Object.values(tasks).flatMap((task) => [task, task]),
    );
    expect(records.at(-1)).toMatchObject({ event: "end", status: "succeeded", last_seq: 8 });
    // A replay has the same chunks, and each child has its own.
    const replay = await readAll(client.follow(id, { transport: "sse" }));
    expect(replay.filter((record) => "seq" in record)).toEqual(chunks);
    expect(await textOf(tasks.deep ?? "")).toBe("deep 1\ndeep 2\n");
    const inner = (await client.get(tasks.deep ?? "")).parent ?? "";
    const tree = await client.children(id);
    expect(tree.map((one) => one.id)).toEqual([tasks.before, inner, tasks.deep, tasks.deeper, tasks.after]);
    expect((await client.get(inner)).context).toMatchObject({ chain: { display_name: "the inner one" } });
  });

  it("includes a task on several hosts, under the task's name", async () => {
    const login = { ref: `${PACK}.remote`, parameters: { hosts: "web1,web2", cmd: "true" } };
    await registerChains(
      client,
      chainOf("spread", {
        chain: [{ name: "all", ...login, publish: { codes: "{{ all.web1.return_code }}" } }],
      }),
    );
    const id = await start("spread");
    const all = await take(client, agent);
    await all.expand("web1", "web2");
    const hosts = [await take(client, agent), await take(client, agent)];
    for (const host of hosts) {
      expect(host.name).toBeUndefined();
      await host.print(1, `from ${host.parameters.hosts}\n`);
    }
    for (const host of hosts) await host.end({ last_seq: 1, ...printed(String(host.parameters.hosts)) });
    const records = await readAll(client.follow(id));
    const texts = records.flatMap((record) => ("seq" in record ? [`${record.path}: ${record.data}`] : []));
    expect(texts.sort()).toEqual(["all/web1: from web1\n", "all/web2: from web2\n"]);
    const { result } = await reach(id, "succeeded");
    expect(result).toMatchObject({
      tasks: [{ name: "all", result: { web1: { stdout: "web1" }, web2: { stdout: "web2" } } }],
      published: { codes: "0" },
    });
    expect(await client.children(id)).toHaveLength(3);
  });

  it("waits until its delay is over", async () => {
    await registerChains(client, ...TREE);
    const { id, status } = await client.create({ action: `${PACK}.outer`, delay: 20_000 });
    expect(status).toBe("delayed");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 21_000 });
    await runDurableObjectAlarm(env.EXECUTION.getByName(id));
    const before = await take(client, agent);
    expect((await client.get(before.id)).parent).toBe(id);
    await cancelDuring(id, before);
  });

  it("survives the eviction of all objects between two tasks, and starts each task once", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    const followed = readAll(client.follow(id));
    const names: unknown[] = [];
    for (let at = 0; at < 4; at++) {
      const task = await take(client, agent);
      names.push(task.name);
      await task.print(1, `${task.name}\n`);
      const parent = (await client.get(task.id)).parent ?? "";
      for (const object of new Set([task.id, parent, id])) await evict(object);
      await task.end({ last_seq: 1 });
      for (const object of new Set([task.id, parent, id])) await evict(object);
    }
    expect(names).toEqual(["before", "deep", "deeper", "after"]);
    const records = await followed;
    expect(records.at(-1)).toMatchObject({ event: "end", status: "succeeded", last_seq: 4 });
    expect((await client.get(id)).children).toHaveLength(3);
    expect(await client.children(id)).toHaveLength(5);
  });

  it("waits while the index is unavailable, and then starts the planned task", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    const before = await take(client, agent);
    await env.INDEX.exec("ALTER TABLE executions RENAME TO away");
    try {
      await before.end();
      await eventually(async () => expect((await client.get(id)).children).toHaveLength(2));
      await evict(id);
    } finally {
      await env.INDEX.exec("ALTER TABLE away RENAME TO executions");
    }
    const [, planned] = (await client.get(id)).children ?? [];
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_000 });
    await eventually(async () => {
      await runDurableObjectAlarm(env.EXECUTION.getByName(id));
      expect((await client.get(planned ?? "")).status).toBe("running");
    });
    const deep = await take(client, agent);
    expect((await client.get(deep.id)).parent).toBe(planned);
    await cancelDuring(id, deep);
  });

  it("accepts only a complete chain at registration", async () => {
    const chain = { chain: [shell("a", { "on-success": "b" })] };
    await expect(registerChains(client, chainOf("broken", chain))).rejects.toMatchObject({
      message: expect.stringContaining(
        'Unable to find node with name "b" referenced in "on-success" in task "a".',
      ),
    });
    await expect(registerChains(client, chainOf("broken", undefined))).rejects.toMatchObject({
      code: "invalid",
    });
  });
});
