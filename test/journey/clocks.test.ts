import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Chunk } from "../../protocol/wire/chunk.ts";
import { CLOCK_SKEW_MS_MAX } from "../../protocol/wire/clock.ts";
import { isChunk } from "../../protocol/wire/record.ts";
import { ShiftedClock } from "../support/clock.ts";
import { runCommandLine, userEnvironment } from "../support/command-line.ts";
import { lineWriter } from "../support/programs.ts";
import { afterTest, scratch, startWorld, TestAgent, until, type World } from "../support/world.ts";

const HOURS_MS = 2 * 60 * 60 * 1000;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** An agent of a new pool, with its own clock. */
async function agentBy(clock: ShiftedClock, pool: string): Promise<TestAgent> {
  const { key } = await world.client.createKey({ user: "agent", role: "agent", pool });
  const agent = new TestAgent(world.server.url, key, ["--name", pool], scratch(), clock);
  afterTest(() => agent.stop());
  return agent.start().ready();
}

/** The chunks of an execution after its end, and its document. */
async function ended(id: string) {
  const chunks: Chunk[] = [];
  for await (const record of world.client.follow(id)) if (isChunk(record)) chunks.push(record);
  return { chunks, execution: await world.client.get(id) };
}

/** Expects that the times of the execution are in order, and within the time that the test measured. */
function expectTrueTimes({ chunks, execution }: Awaited<ReturnType<typeof ended>>, began_ms: number): void {
  const ended_ms = Date.now();
  const stamps = chunks.map(({ timestamp }) => timestamp);
  expect(stamps).toEqual([...stamps].sort());
  const statuses = execution.log.map(({ timestamp }) => timestamp);
  expect(statuses).toEqual([...statuses].sort());
  expect(execution.start_timestamp <= (statuses[0] ?? "")).toBe(true);
  expect(execution.end_timestamp).toBe(statuses.at(-1));
  expect(execution.elapsed_seconds).toBeLessThanOrEqual((ended_ms - began_ms) / 1000);
  for (const stamp of [...stamps, ...statuses]) {
    expect(Date.parse(stamp)).toBeGreaterThanOrEqual(began_ms - CLOCK_SKEW_MS_MAX);
    expect(Date.parse(stamp)).toBeLessThanOrEqual(ended_ms + CLOCK_SKEW_MS_MAX);
  }
}

describe("an agent with a wrong clock", () => {
  it.each([
    ["ahead", HOURS_MS],
    ["behind", -HOURS_MS],
  ])(
    "by two hours, %s, uses the server's time for its output, and reports the difference",
    async (pool, offset_ms) => {
      const agent = await agentBy(new ShiftedClock(offset_ms), pool);
      const began_ms = Date.now();
      const { id } = await world.client.create({
        action: "core.local",
        parameters: { cmd: "echo one; echo two >&2" },
        pool,
      });
      const done = await ended(id);
      expect(done.chunks.length).toBeGreaterThan(0);
      expectTrueTimes(done, began_ms);

      const [shown] = await world.client.identity.agents(pool);
      expect(Math.abs((shown?.clock_skew_ms ?? 0) - offset_ms)).toBeLessThan(CLOCK_SKEW_MS_MAX);
      const text = new RegExp(`(7,200\\.\\d|7,199\\.\\d) s ${pool}`);
      expect(agent.log).toMatch(text);
      const env = userEnvironment(world);
      expect((await runCommandLine(["agent", "list"], { env })).stdout).toMatch(text);
      const connected = await world.client.agents(pool);
      expect(connected).toMatchObject([{ clock_skew_ms: shown?.clock_skew_ms }]);
    },
  );

  it("is reported by the doctor if it is in the default pool, as is the reader's own clock", async () => {
    const clock = new ShiftedClock(HOURS_MS);
    await agentBy(clock, "default");
    const env = userEnvironment(world);
    const { code, stdout } = await runCommandLine(["doctor"], { env });
    expect(stdout).toMatch(
      /wrong clock {4}the clock of the agent default is 7,(200|199)\.\d s ahead of the server's\n/,
    );
    expect(stdout).toMatch(/ok {4}run /);
    expect(code).toBe(1);
    const own = await runCommandLine(["doctor"], { env, clock });
    expect(own.stdout).toMatch(
      /wrong clock {4}the clock of this host is 7,(200|199)\.\d s ahead of the server's\n/,
    );
  });
});

describe("a clock that jumps during a run", () => {
  it("changes none of the run's times", async () => {
    const clock = new ShiftedClock();
    await agentBy(clock, "jumping");
    const writer = lineWriter("jumping", { lines: 100_000, every_ms: 5 });
    const began_ms = Date.now();
    const { id } = await world.client.create({
      action: "core.local",
      parameters: { cmd: writer.cmd },
      pool: "jumping",
    });
    const lastSeq = async () => (await world.client.get(id)).output?.last_seq ?? 0;
    for (const offset_ms of [HOURS_MS, -HOURS_MS, 0]) {
      const before = await lastSeq();
      clock.set(offset_ms);
      await until("output goes on", async () => (await lastSeq()) > before + 2);
    }
    writer.stop();
    expectTrueTimes(await ended(id), began_ms);
  });

  it("before its agent is killed does not falsify the times of a new agent's output", async () => {
    const agent = await agentBy(new ShiftedClock(HOURS_MS), "killed");
    const go = join(scratch(), "go");
    const began_ms = Date.now();
    const { id } = await world.client.create({
      action: "core.local",
      parameters: { cmd: `echo one; until [ -e ${go} ]; do sleep 0.05; done` },
      pool: "killed",
    });
    await until("it has written", async () => (await world.client.get(id)).output?.last_seq === 1);
    await agent.stop("SIGKILL");
    writeFileSync(go, "");
    await agent.start().ready();
    const done = await ended(id);
    expect(done.chunks.some(({ gap }) => gap?.reason === "agent_restarted")).toBe(true);
    expectTrueTimes(done, began_ms);
  });
});
