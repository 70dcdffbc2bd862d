import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine, userEnvironment } from "../support/command-line.ts";
import { afterTest, scratch, startWorld, TestAgent, until, type World } from "../support/world.ts";

/** A pool with one agent of another pool beside it. */
let world: World;
let key: string;
const POOL = "web";

beforeAll(async () => {
  world = await startWorld();
  ({ key } = await world.client.createKey({ user: "agent", role: "agent", pool: POOL }));
});
afterAll(async () => {
  await world?.stop();
});

async function agentNamed(name: string, ...args: string[]): Promise<TestAgent> {
  // The last name counts.
  const agent = await new TestAgent(world.server.url, key, ["--name", name, ...args]).start().ready();
  afterTest(() => agent.stop());
  return agent;
}

/** A run that has begun, and that ends when it is told to. */
async function waiting() {
  const go = join(scratch(), "go");
  const cmd = `echo begun; until [ -e ${go} ]; do sleep 0.05; done; echo ended`;
  const { id } = await world.client.create({ action: "core.local", parameters: { cmd }, pool: POOL });
  await until("it has begun", async () => (await world.client.get(id)).output?.last_seq === 1);
  return { id, go: () => writeFileSync(go, "") };
}

async function outcome(id: string) {
  const output = await (await world.client.output(id)).text();
  const { status, result } = await world.client.get(id);
  const { gaps } = (await world.client.get(id)).output ?? {};
  return { status, output, error: result?.error, gaps };
}

describe("an agent that gets SIGTERM", () => {
  it("lets its runs end, gives new work to other agents, and says what it waits for", async () => {
    const agent = await agentNamed("leaves");
    const runs = [await waiting(), await waiting()];
    agent.signal("SIGTERM");
    await until("it says so", () => agent.log.includes("waits for 2 runs to end"));
    for (const { id } of runs) expect(agent.log).toContain(id);
    const { id } = await world.client.create({
      action: "core.local",
      parameters: { cmd: "echo other" },
      pool: POOL,
    });
    await until("the pool knows", async () =>
      (await world.client.get(id)).waiting?.reason.includes("it stops once its runs have ended"),
    );
    expect(await world.client.agents(POOL)).toMatchObject([{ name: "leaves", busy: 2 }]);
    await agentNamed("stays");
    expect(await outcome(id)).toMatchObject({ status: "succeeded", output: "other\n" });
    for (const { go } of runs) go();
    expect(await agent.exited()).toBe(0);
    for (const run of runs)
      expect(await outcome(run.id)).toEqual({
        status: "succeeded",
        output: "begun\nended\n",
        error: undefined,
        gaps: 0,
      });
  });

  it("twice ends its runs: they are abandoned, with all output that they have written", async () => {
    const agent = await agentNamed("told-twice");
    const { id } = await waiting();
    agent.signal("SIGTERM");
    await until("it waits", () => agent.log.includes("waits for 1 run to end"));
    agent.signal("SIGTERM");
    expect(await agent.exited()).toBe(0);
    expect(await outcome(id)).toEqual({
      status: "abandoned",
      output: "begun\n",
      error: "The agent was stopped while it ran the action.",
      gaps: 0,
    });
  });

  it("waits no longer than its drain timeout", async () => {
    const agent = await agentNamed("in-a-hurry", "--drain-timeout", "1");
    const { id } = await waiting();
    agent.signal("SIGTERM");
    expect(await agent.exited()).toBe(0);
    expect(agent.log).toContain("they have not ended within 1 s");
    expect((await outcome(id)).status).toBe("abandoned");
  });
});

describe("tailrace agent", () => {
  it("drains and resumes an agent, and lists show it", async () => {
    const agents = [await agentNamed("first"), await agentNamed("second")];
    const env = userEnvironment(world);
    const cli = async (...args: string[]) => {
      const { code, stdout, stderr } = await runCommandLine(["agent", ...args], { env });
      expect([code, stderr]).toEqual([0, ""]);
      return stdout;
    };
    const ids = new Map((await world.client.agents(POOL)).map(({ name, id }) => [name, id]));
    const first = ids.get("first") ?? "";
    expect(await cli("drain", first)).toBe(
      `first gets no new work. It runs nothing. To give it work again: tailrace agent resume ${first}\n`,
    );
    const listed = (await cli("list", "--pool", POOL)).split("\n");
    expect(listed.filter((line) => line.includes("drained by"))).toHaveLength(1);
    await agents[0]?.stop();
    await agents[0]?.start().ready();
    const { id } = await world.client.create({
      action: "core.local",
      parameters: { cmd: "echo hello" },
      pool: POOL,
    });
    expect(await outcome(id)).toMatchObject({ status: "succeeded" });
    expect(agents[1]?.log).toContain(`execution ${id}: core.local begins`);
    expect(await cli("resume", first)).toBe("first gets work again\n");
    expect(await cli("list", "--pool", POOL)).not.toContain("drained by");
  });
});
