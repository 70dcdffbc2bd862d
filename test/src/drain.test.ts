import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import { eventually } from "./support/eventually.ts";
import { action, agentIn, newPool, takeLease } from "./support/pools.ts";
import { clientWith, registerActions, TestAgent } from "./support/world.ts";

const client = clientWith();
const request = (pool: string) => ({ action: "core.local", parameters: { cmd: "true" }, pool });

/** A pool with two agents. */
async function pair() {
  const pool = newPool();
  await client.register({
    pool,
    actions: [action("core.local", { parameters: { cmd: { type: "string" } } })],
  });
  const one = await agentIn(pool, ["core"], { name: "one", slots: 9 });
  const two = await agentIn(pool, ["core"], { name: "two", slots: 2 });
  return { pool, one, two };
}

let other: TestAgent;
beforeAll(async () => {
  // Another pool's agent could run everything, and gets nothing.
  other = await agentIn("default", ["core"], { name: "other" });
  await registerActions();
});

describe("an agent that an administrator drains", () => {
  it("keeps what it runs, and gets nothing new until it resumes, also after the pool's object was evicted", async () => {
    const { pool, one, two } = await pair();
    await client.create(request(pool));
    const begun = await takeLease(client, one);
    expect(await client.identity.drainAgent(one.id)).toMatchObject({
      id: one.id,
      busy: 1,
      connected: true,
      drained: { by: expect.any(String), since: expect.stringMatching(/^\d{4}-/) },
    });
    await client.create(request(pool));
    const next = await takeLease(client, two);
    await client.create(request(pool));
    await takeLease(client, two);
    const { id } = await client.create(request(pool));
    expect((await client.get(id)).waiting?.reason).toBe("every agent with pack core is busy (2 of 2 slots)");
    await evictDurableObject(env.RUNNER_POOL.getByName(pool), { webSockets: "hibernate" });
    await begun.end();
    await next.end();
    const last = await takeLease(client, two);
    expect(last.id).toBe(id);
    expect(await client.identity.agents(pool)).toMatchObject([
      { id: one.id, busy: 0 },
      { id: two.id, busy: 2 },
    ]);
    const waits = await client.create(request(pool));
    expect(await client.identity.resumeAgent(one.id)).not.toHaveProperty("drained");
    expect((await takeLease(client, one)).id).toBe(waits.id);
    for (const agent of [one, two]) agent.close();
  });

  it("is named as the reason why an execution waits", async () => {
    const { pool, one, two } = await pair();
    for (const { id } of [one, two]) await client.identity.drainAgent(id);
    const { id } = await client.create(request(pool));
    expect((await client.get(id)).waiting?.reason).toMatch(
      /^every agent in pool \S+ that could take it takes no new work \(agent (one|two): an administrator drains it\)$/,
    );
    for (const agent of [one, two]) agent.close();
  });

  it("gives back at once what it was only offered", async () => {
    const { pool, one, two } = await pair();
    const { id } = await client.create(request(pool));
    const offered = await one.expect("lease");
    expect(offered.execution.execution_id).toBe(id);
    await client.identity.drainAgent(one.id);
    expect(await one.expect("void")).toMatchObject({ execution_id: id, epoch: offered.execution.epoch });
    expect((await two.expect("lease")).execution.execution_id).toBe(id);
    for (const agent of [one, two]) agent.close();
  });

  it("stays drained while it is away and when it is back, and lists show both", async () => {
    const { pool, one, two } = await pair();
    const { drained } = await client.identity.drainAgent(one.id);
    expect((await client.identity.drainAgent(one.id)).drained).toEqual(drained);
    one.close();
    await eventually(async () =>
      expect(await client.identity.agent(one.id)).toMatchObject({ connected: false, drained }),
    );
    const back = await TestAgent.as(one.identity);
    back.hello({ name: "one", slots: 9 });
    await back.expect("welcome");
    expect((await client.agents(pool)).map(({ name, drained }) => [name, drained])).toEqual(
      expect.arrayContaining([
        ["one", drained],
        ["two", undefined],
      ]),
    );
    const { id } = await client.create(request(pool));
    expect((await two.expect("lease")).execution.execution_id).toBe(id);
    await client.identity.resumeAgent(one.id);
    await client.create(request(pool));
    await back.expect("lease");
    for (const agent of [back, two]) agent.close();
  });

  it("must exist, and must not be revoked", async () => {
    const { one, two } = await pair();
    await client.identity.revokeAgent(one.id);
    for (const id of [newId(), one.id]) {
      await expect(client.identity.drainAgent(id)).rejects.toMatchObject({ code: "agent_not_found" });
      await expect(client.identity.resumeAgent(id)).rejects.toMatchObject({ code: "agent_not_found" });
    }
    two.close();
    other.close();
  });
});
