// @module-tag util-linux
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { liveProcesses, markedProcesses } from "../../agent/process/table.ts";
import { startServer } from "../../cli/server/server.ts";
import { pause } from "../../protocol/base/backoff.ts";
import { isCompleted } from "../../protocol/base/status.ts";
import { type Chunk, chunkText } from "../../protocol/wire/chunk.ts";
import { isChunk } from "../../protocol/wire/record.ts";
import { CONTROL, evict } from "../support/control.ts";
import { linesText, lineWriter } from "../support/programs.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { receive, sha256 } from "../support/reader.ts";
import { spoolFolder } from "../support/spool.ts";
import { afterTest, clientOf, scratch, startWorld, TestAgent, until, type World } from "../support/world.ts";

const TRANSPORTS = ["websocket", "sse", "ndjson"] as const;

async function run({ client }: World, cmd: string): Promise<string> {
  const { id } = await client.create({ action: "core.local", parameters: { cmd, timeout: 120 } });
  return id;
}

async function lastSeq({ client }: World, id: string): Promise<number> {
  return (await client.get(id)).output?.last_seq ?? 0;
}

/** The complete records of an execution's output on the agent's disk. */
function spooledText({ state }: TestAgent, id: string): string {
  const folder = spoolFolder(state, id);
  const segments = readdirSync(folder).filter((name) => name.endsWith(".ndjson"));
  const records = segments.sort().flatMap((name) => {
    const lines = readFileSync(resolve(folder, name), "utf8").split("\n");
    return lines.slice(0, -1);
  });
  return records.map((record) => chunkText(JSON.parse(record) as Chunk)).join("");
}

/** A server and an agent that connect through a proxy. */
async function worldBehindProxy(
  vars: Record<string, number> = {},
): Promise<{ world: World; proxy: FaultyProxy }> {
  const server = await startServer({ port: 0, state: scratch(), vars });
  const proxy = await FaultyProxy.before(server.url);
  const client = clientOf(server.url, server.apiKey);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  const agent = await new TestAgent(proxy.url, key).start().ready();
  const stop = async () => {
    await agent.stop();
    proxy.close();
    await server.stop();
  };
  return { world: { server, agent, client, stop }, proxy };
}

describe("an agent that is killed", () => {
  it("delivers its spooled output once, ends the rest of the process, and reports the execution as abandoned", async () => {
    const { world, proxy } = await worldBehindProxy();
    afterTest(world.stop);
    const { agent, client } = world;
    const { cmd, written } = lineWriter("killed", { lines: 10_000, every_ms: 2 });
    // A child in a session of its own outlives its group.
    const id = await run(world, `setsid sleep 300 & ${cmd}`);
    await until("there is output", async () => (await lastSeq(world, id)) > 20);
    proxy.cut();
    const before = Number(readFileSync(written, "utf8")) + 100;
    await until("more is read than could be sent", () => spooledText(agent, id).includes(`line ${before}\n`));
    await agent.stop("SIGKILL");
    proxy.mend();
    expect(markedProcesses(id).length).toBeGreaterThan(0);
    agent.start();
    let text = "";
    let gap_at = 0;
    for await (const record of client.follow(id)) {
      if (isChunk(record)) text += chunkText(record);
      if (isChunk(record) && record.gap?.reason === "agent_restarted") gap_at = record.seq;
      if (!isChunk(record) && record.event === "end") {
        expect(record).toMatchObject({ status: "abandoned", last_seq: gap_at, gaps: 1 });
      }
    }
    const lines = text.split("\n").filter((line) => line !== "");
    expect(text).toBe(linesText(lines.length));
    expect(lines.length).toBeGreaterThanOrEqual(before);
    expect(gap_at).toBeGreaterThan(0);
    expect(markedProcesses(id)).toEqual([]);
    expect((await client.get(id)).result).toMatchObject({
      succeeded: false,
      error: expect.stringContaining("restarted"),
    });
  });

  it("ends an execution whose process had ended with that process's outcome", async () => {
    const { world, proxy } = await worldBehindProxy();
    afterTest(world.stop);
    const { agent, client } = world;
    const id = await run(world, "echo before; sleep 1; echo after; exit 7");
    await until("there is output", async () => (await lastSeq(world, id)) > 0);
    proxy.cut();
    await until("the process has ended", () => markedProcesses(id).length === 0);
    await until("its end is written down", () =>
      existsSync(resolve(spoolFolder(agent.state, id), "end.json")),
    );
    await agent.stop("SIGKILL");
    proxy.mend();
    agent.start();
    expect(await receive(client, id)).toMatchObject({
      sha256: sha256("before\nafter\n"),
      gaps: [],
      end: { status: "failed", exit_code: 7 },
    });
  });

  it("does not end another process with the same number", async () => {
    const bystander = liveProcesses().find(({ pid }) => pid === process.pid);
    expect(bystander?.start_ticks).toBeGreaterThan(0);
    const world = await startWorld();
    afterTest(world.stop);
    const { cmd } = lineWriter("reused", { lines: 10_000, every_ms: 5 });
    const id = await run(world, cmd);
    await until("there is output", async () => (await lastSeq(world, id)) > 0);
    await world.agent.stop("SIGKILL");
    const note = resolve(spoolFolder(world.agent.state, id), "process.json");
    writeFileSync(note, JSON.stringify({ pid: process.pid, start_ticks: (bystander?.start_ticks ?? 0) - 1 }));
    world.agent.start();
    // This process is alive to see the end, which is the test.
    expect(await receive(world.client, id)).toMatchObject({ end: { status: "abandoned" } });
  });
});

describe("a network failure", () => {
  it("of 30 seconds between agent and server loses and doubles nothing", async () => {
    const { world, proxy } = await worldBehindProxy();
    afterTest(world.stop);
    const lines = 8_000;
    const every_ms = 4;
    const { cmd, written } = lineWriter("cut", { lines, every_ms });
    const id = await run(world, cmd);
    const followers = TRANSPORTS.map((transport) => receive(world.client, id, { transport }));
    await until("there is output", async () => (await lastSeq(world, id)) > 20);
    proxy.cut();
    const out = Number(readFileSync(written, "utf8")) + 30_000 / every_ms;
    await until(
      "30 seconds of lines are written",
      () => Number(readFileSync(written, "utf8")) >= out,
      90_000,
    );
    proxy.mend();
    const expected = {
      sha256: sha256(linesText(lines)),
      dense: true,
      gaps: [],
      end: { status: "succeeded" },
    };
    for (const received of await Promise.all(followers)) expect(received).toMatchObject(expected);
  }, 120_000);

  it("that is longer than the grace time ends the run with a gap, and the program once the agent is back", async () => {
    const { world, proxy } = await worldBehindProxy({ LEASE_GRACE_SECONDS: 2 });
    afterTest(world.stop);
    const id = await run(world, "echo sent; exec sleep 300");
    await until("there is output", async () => (await lastSeq(world, id)) > 0);
    proxy.cut();
    expect(await receive(world.client, id)).toMatchObject({
      sha256: sha256("sent\n"),
      gaps: [{ reason: "agent_lost" }],
      end: { status: "abandoned" },
    });
    expect(markedProcesses(id)).not.toEqual([]);
    proxy.mend();
    await until("its program has ended", () => markedProcesses(id).length === 0);
  });

  it("that loses the acknowledgements of 50 batches in a row doubles nothing", async () => {
    const { world, proxy } = await worldBehindProxy();
    afterTest(world.stop);
    proxy.acknowledgements_to_lose = 50;
    const { cmd, written, stop } = lineWriter("lost-acks", { lines: 1_000_000, every_ms: 1 });
    const id = await run(world, cmd);
    const receiving = receive(world.client, id, { transport: "sse" });
    await until("all are lost", () => proxy.acknowledgements_to_lose === 0);
    stop();
    const received = await receiving;
    const lines = Number(readFileSync(written, "utf8"));
    expect(received).toMatchObject({
      sha256: sha256(linesText(lines)),
      dense: true,
      end: { status: "succeeded" },
    });
  });
});

describe("a server", () => {
  it("that is restarted during a run continues with its agent and its followers", async () => {
    const state = scratch();
    const first = await startServer({ port: 0, state });
    const port = Number(new URL(first.url).port);
    const client = clientOf(first.url, first.apiKey);
    const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
    const agent = await new TestAgent(first.url, key).start().ready();
    afterTest(() => agent.stop());
    const lines = 2_000;
    const { cmd } = lineWriter("restart", { lines, every_ms: 4 });
    const { id } = await client.create({ action: "core.local", parameters: { cmd, timeout: 120 } });
    const followers = TRANSPORTS.map((transport) => receive(client, id, { transport }));
    await until("there is output", async () => ((await client.get(id)).output?.last_seq ?? 0) > 20);
    await first.stop();
    const second = await startServer({ port, state });
    afterTest(second.stop);
    const expected = {
      sha256: sha256(linesText(lines)),
      dense: true,
      gaps: [],
      end: { status: "succeeded" },
    };
    for (const received of await Promise.all(followers)) expect(received).toMatchObject(expected);
    expect((await client.get("last")).id).toBe(id);
    expect((await client.list())[0]).toMatchObject({ id, status: "succeeded" });
  });

  it("evicts an object under its followers many times, and the followers do not notice", async () => {
    const world = await startWorld({ control: CONTROL });
    afterTest(world.stop);
    const { cmd, written, stop } = lineWriter("evicted", { lines: 1_000_000, every_ms: 3 });
    const id = await run(world, cmd);
    const onReconnect = (error: unknown) => {
      throw error;
    };
    const all = Promise.all(
      TRANSPORTS.map((transport) => receive(world.client, id, { transport, onReconnect })),
    );
    for (let evictions = 0; evictions < 10; evictions++) {
      const at = await lastSeq(world, id);
      await evict(world.server, "EXECUTION", id);
      await until("output goes on", async () => (await lastSeq(world, id)) > at);
    }
    stop();
    const received = await all;
    const sum = sha256(linesText(Number(readFileSync(written, "utf8"))));
    for (const follower of received) {
      expect(follower).toMatchObject({ sha256: sum, dense: true, end: { status: "succeeded" } });
    }
  });
});

describe("an agent that is stopped for a while", () => {
  it("reports the success of a program that ended in time, although its timeout has passed since", async () => {
    const world = await startWorld();
    afterTest(world.stop);
    const { agent, client } = world;
    const { id } = await client.create({
      action: "core.local",
      parameters: { cmd: "echo up; sleep 1", timeout: 2 },
    });
    await until("there is output", async () => (await lastSeq(world, id)) > 0);
    process.kill(agent.pid, "SIGSTOP");
    await pause(3_000);
    process.kill(agent.pid, "SIGCONT");
    await until("it ends", async () => isCompleted((await client.get(id)).status));
    expect((await client.get(id)).status).toBe("succeeded");
  });
});
