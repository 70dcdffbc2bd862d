import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
  agent,
  cancelDuring,
  client,
  connectAgents,
  evict,
  put,
  reach,
  start,
  TREE,
  textOf,
  toDeep,
} from "./support/chain-runs.ts";
import { registerChains, take } from "./support/chains.ts";
import { eventually } from "./support/eventually.ts";

connectAgents();

describe("a tree of chains", () => {
  it("is canceled as a whole, after its running task", async () => {
    const { id, deep } = await toDeep();
    await client.cancel(id);
    expect((await client.get(id)).status).toBe("canceling");
    expect(await agent.expect("cancel")).toMatchObject({ execution_id: deep.id });
    await deep.print(1, "last words\n");
    await deep.end({ last_seq: 1, status: "canceled" });
    const { result, children = [] } = await reach(id, "canceled");
    expect(result).toMatchObject({
      message: "Action canceled by user.",
      tasks: [{ state: "succeeded" }, { name: "inner", state: "canceled" }],
    });
    expect((await client.get(children[1] ?? "")).status).toBe("canceled");
    expect(await textOf(id)).toBe("last words\n");
  });

  it("is canceled when one of its tasks is canceled", async () => {
    const { id, deep } = await toDeep();
    await client.cancel(deep.id);
    await agent.expect("cancel");
    await deep.end({ status: "canceled" });
    await reach(id, "canceled");
  });

  it("pauses after its running task, at every depth, and resumes at the same place", async () => {
    const { id, deep, inner } = await toDeep();
    expect((await put(id, "pausing")).status).toBe(200);
    await reach(inner, "pausing");
    await reach(id, "pausing");
    expect((await client.get(deep.id)).status).toBe("running");
    await deep.print(1, "to its end\n");
    await deep.end({ last_seq: 1 });
    await reach(inner, "paused");
    const { context } = await reach(id, "paused");
    expect(context).toMatchObject({ paused_by: context.user });
    for (const object of [inner, id]) await evict(object);
    expect(await textOf(id)).toBe("to its end\n");
    expect((await put(id, "pausing")).status).toBe(200);
    expect((await put(id, "resuming")).status).toBe(200);
    const deeper = await take(client, agent);
    expect(deeper.name).toBe("deeper");
    await deeper.end();
    await (await take(client, agent)).end();
    const { log } = await reach(id, "succeeded");
    expect(log.map(({ status }) => status)).toEqual(
      "requested scheduled running pausing paused resuming running succeeded".split(" "),
    );
  });

  it("pauses when a chain in it pauses, and resumes with it", async () => {
    const { id, deep, inner } = await toDeep();
    await put(inner, "pausing");
    expect((await client.get(id)).status).toBe("running");
    await deep.end();
    await reach(id, "paused");
    await put(id, "resuming");
    await (await take(client, agent)).end();
    await (await take(client, agent)).end();
    await reach(id, "succeeded");
  });

  it("can be canceled while it pauses", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    const before = await take(client, agent);
    await put(id, "pausing");
    await before.end();
    await reach(id, "paused");
    await client.cancel(id);
    await reach(id, "canceled");
    await expect(put(id, "resuming")).resolves.toMatchObject({
      status: 400,
      body: { faultstring: "Execution is already in completed state." },
    });
  });

  it("refuses an impossible pause or resume in StackStorm's words", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    const before = await take(client, agent);
    const { liveaction } = await client.get(before.id);
    expect((await put(before.id, "pausing")).body.faultstring).toBe(
      `Failed updating execution. Unable to pause liveaction "${liveaction.id}" because it is not supported by the "local-shell-cmd" runner.`,
    );
    expect((await put(before.id, "resuming")).body.faultstring).toContain("Unable to resume liveaction");
    await client.cancel(id);
    await agent.expect("cancel");
    const own = (await client.get(id)).liveaction.id;
    expect((await put(id, "pausing")).body.faultstring).toBe(
      `Failed updating execution. Unable to pause liveaction "${own}" because it is not in a running state.`,
    );
    expect((await put(id, "resuming")).body.faultstring).toBe(
      `Failed updating execution. Unable to resume liveaction "${own}" because it is in "canceling" state and not in "paused" state.`,
    );
    await before.end({ status: "canceled" });
    await reach(id, "canceled");
  });

  it("holds back a planned task when it is paused", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    const before = await take(client, agent);
    await env.INDEX.exec("ALTER TABLE executions RENAME TO away");
    try {
      await before.end();
      await eventually(async () => expect((await client.get(id)).children).toHaveLength(2));
      await env.EXECUTION.getByName(id).pause("somebody");
      await reach(id, "paused");
    } finally {
      await env.INDEX.exec("ALTER TABLE away RENAME TO executions");
    }
    const [, planned] = (await client.get(id)).children ?? [];
    await expect(client.get(planned ?? "")).rejects.toMatchObject({ code: "execution_not_found" });
    await env.EXECUTION.getByName(id).resume("somebody");
    const deep = await take(client, agent);
    expect((await client.get(deep.id)).parent).toBe(planned);
    await cancelDuring(id, deep);
  });
});
