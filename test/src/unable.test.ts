import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "./support/eventually.ts";
import { clientWith, registerActions, TestAgent } from "./support/world.ts";

const WHY = "the disk of /state is full (ENOSPC): make room on it";
const client = clientWith();
const request = { action: "core.local", parameters: { cmd: "true" } };

beforeAll(() => registerActions());
beforeEach(async () => {
  for (const status of ["requested", "scheduled"] as const)
    for (const { id } of await client.list({ status })) await client.cancel(id);
  for (const { id } of await client.identity.agents()) await client.identity.revokeAgent(id);
});

async function connected(over: Record<string, unknown> = {}): Promise<TestAgent> {
  const agent = await TestAgent.connect("default");
  agent.hello(over);
  await agent.expect("welcome");
  return agent;
}

async function waitingFor(id: string): Promise<string | undefined> {
  return (await client.get(id)).waiting?.reason;
}

describe("an agent that takes no new work", () => {
  it("gets none from its hello on, and users are told so, until it reports that it is able", async () => {
    const agent = await connected({ name: "web1", unable: WHY });
    const { id } = await client.create(request);
    expect(await waitingFor(id)).toBe(
      `every agent in pool default that could take it takes no new work (agent web1: ${WHY})`,
    );
    expect((await client.agents())[0]).toMatchObject({ name: "web1", unable: WHY });
    agent.say({ type: "able" });
    expect((await agent.expect("lease")).execution.execution_id).toBe(id);
    expect((await client.agents())[0]).not.toHaveProperty("unable");
    agent.close();
  });

  it("hands back an execution that it could not begin, for another agent", async () => {
    const full = await connected({ name: "full", slots: 2 });
    const { id } = await client.create(request);
    const { execution } = await full.expect("lease");
    full.say({ type: "unable", why: WHY });
    full.say({ type: "declined", execution_id: id, epoch: execution.epoch });
    await eventually(async () => expect(await waitingFor(id)).toContain(WHY));
    await evictDurableObject(env.RUNNER_POOL.getByName("default"), { webSockets: "hibernate" });
    const other = await connected({ name: "other" });
    expect((await other.expect("lease")).execution.execution_id).toBe(id);
    for (const agent of [full, other]) agent.close();
  });
});
