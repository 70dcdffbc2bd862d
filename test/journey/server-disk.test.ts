// @module-tag root
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import { TailraceError } from "../../protocol/base/errors.ts";
import { END_OUTPUT_CHARS_MAX } from "../../protocol/base/limits.ts";
import { isCompleted } from "../../protocol/base/status.ts";
import type { Client } from "../../protocol/client/client.ts";
import { linesText, lineWriter } from "../support/programs.ts";
import { receive, sha256 } from "../support/reader.ts";
import { SmallDisk } from "../support/small-disk.ts";
import { afterTest, clientOf, scratch, TestAgent, until } from "../support/world.ts";

const DISK_BYTES = 64 * 1024 * 1024;
/** Less than the reserve of such a disk, and enough for the ends of runs. */
const RESERVE_LEFT_BYTES = 5_000_000;
/** More chunks of a steady stream than come before it has a socket. */
const STEADY_CHUNKS = 60;
const TRANSPORTS = ["websocket", "sse", "ndjson"] as const;
const FULL = { code: "storage_full", status: 507, message: expect.stringContaining("disk is full") };

let disk: SmallDisk;
let server: Server;
let client: Client;
let agent: TestAgent;

// The server's state is on a small disk, its agent's on another.
beforeAll(async () => {
  disk = new SmallDisk(scratch(), DISK_BYTES);
  // With a budget, a steady stream of output comes over a socket.
  const vars = { APPENDS_PER_SECOND: 10 };
  server = await startServer({ port: 0, state: join(disk.folder, "state"), vars });
  client = clientOf(server.url, server.apiKey);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  agent = await new TestAgent(server.url, key).start().ready();
});

afterAll(async () => {
  await agent.stop();
  await server.stop();
  disk.unmount();
});

function run(cmd: string): Promise<{ id: string }> {
  return client.create({ action: "core.local", parameters: { cmd, timeout: 120 } });
}

afterEach(() => disk.empty());

/** Whether a new execution is refused for lack of room. */
async function refused(): Promise<boolean> {
  try {
    await run("true");
    return false;
  } catch (error) {
    return error instanceof TailraceError && error.code === "storage_full";
  }
}

async function lastSeq({ id }: { id: string }): Promise<number> {
  return (await client.get(id)).output?.last_seq ?? 0;
}

async function expectHealth(): Promise<void> {
  const { status } = await fetch(`${server.url}/healthz`);
  expect(status).toBe(200);
}

/** A plain-text reader's output, and whether it was complete: this form has no error. */
async function readText(id: string): Promise<{ text: string; whole: boolean }> {
  let text = "";
  try {
    const response = await fetch(`${server.url}/api/v1/executions/${id}/output`, {
      headers: { "st2-api-key": server.apiKey },
    });
    for await (const part of response.body ?? []) text += Buffer.from(part).toString();
    return { text, whole: true };
  } catch {
    return { text, whole: false };
  }
}

describe("a full disk of the server", () => {
  it("delays a run and its readers, is reported, and loses nothing when there is room again", async () => {
    const lines = 1_000;
    const { cmd, written } = lineWriter("full", { lines, every_ms: 2 });
    const { id } = await run(cmd);
    const followers = TRANSPORTS.map((transport) => receive(client, id, { transport }));
    const reader = readText(id);
    await until("there is output", async () => ((await client.get(id)).output?.last_seq ?? 0) > 20);
    disk.fill();
    await until("the agent hears of it", () => agent.log.includes("disk is full"));
    await until("the program has written everything", async () => {
      await expectHealth();
      return Number(readFileSync(written, "utf8")) === lines;
    });
    await expect(run("true")).rejects.toMatchObject(FULL);
    await expectHealth();
    disk.empty();
    const expected = {
      sha256: sha256(linesText(lines)),
      dense: true,
      gaps: [],
      end: { status: "succeeded" },
    };
    for (const received of await Promise.all(followers)) expect(received).toMatchObject(expected);
    expect(await receive(client, id)).toMatchObject(expected);
    const { text, whole } = await reader;
    expect(linesText(lines).startsWith(text) && whole === (text === linesText(lines))).toBe(true);
  });

  it("refuses creations, leaves nothing of them, and accepts them when there is room", async () => {
    const before = await client.list();
    disk.fill();
    const refused = await Promise.allSettled(Array.from({ length: 8 }, () => run("true")));
    for (const outcome of refused) expect(outcome).toMatchObject({ status: "rejected", reason: FULL });
    await expect(client.createKey({ user: "ann", role: "admin" })).rejects.toMatchObject(FULL);
    disk.empty();
    await until("the list is what it was", async () => {
      const now = await client.list().catch(() => []);
      return JSON.stringify(now) === JSON.stringify(before);
    });
    const { id } = await run("echo there is room");
    expect(await receive(client, id)).toMatchObject({
      sha256: sha256("there is room\n"),
      end: { status: "succeeded" },
    });
  });

  it("gives each waiting execution to an agent once, when there is room", async () => {
    const started = join(scratch(), "started");
    await agent.stop();
    const made = await Promise.all([0, 1, 2, 3].map((n) => run(`echo ${n} >> ${started}`)));
    disk.fill();
    const from = agent.log.length;
    agent.start();
    await until("the agent is held up", () => /no connection|disk is full/.test(agent.log.slice(from)));
    disk.empty();
    const ends = await Promise.all(made.map(({ id }) => receive(client, id)));
    for (const received of ends) expect(received).toMatchObject({ gaps: [], end: { status: "succeeded" } });
    expect(readFileSync(started, "utf8").split("\n").toSorted()).toEqual(["", "0", "1", "2", "3"]);
  });

  it("stops taking executions and output while a reserve is left, and keeps ends with a short last output", async () => {
    const gate = join(scratch(), "gate");
    const wait = `while [ ! -e ${gate} ]; do sleep 0.05; done`;
    const [silent, short, long] = await Promise.all([
      run(`${wait}; exit 3`),
      run(`${wait}; echo over`),
      run(`${wait}; head -c ${2 * END_OUTPUT_CHARS_MAX} /dev/zero | tr '\\0' x`),
    ]);
    const { cmd, written, stop } = lineWriter("reserve", { lines: 100_000, every_ms: 20 });
    const steady = await run(cmd);
    await until("all run, and one writes", async () => {
      const all = await Promise.all([silent, short, long].map(({ id }) => client.get(id)));
      return all.every(({ status }) => status === "running") && (await lastSeq(steady)) > STEADY_CHUNKS;
    });
    disk.fill(RESERVE_LEFT_BYTES);
    await until("a creation is refused", () =>
      run("true").then(
        () => false,
        (error: unknown) => error instanceof TailraceError && error.message.includes("except for a reserve"),
      ),
    );
    await client.setKey("small", { value: "kept" });
    writeFileSync(gate, "");
    await until("the silent run has ended", async () => (await client.get(silent.id)).status === "failed");
    await until("the short one has", async () => (await client.get(short.id)).status === "succeeded");
    const stored = await lastSeq(steady);
    const from = Number(readFileSync(written, "utf8"));
    await until("more is written", () => Number(readFileSync(written, "utf8")) > from + 50);
    expect(await lastSeq(steady)).toBe(stored);
    expect((await client.get(long.id)).status).toBe("running");
    stop();
    disk.empty();
    expect((await receive(client, short.id)).sha256).toBe(sha256("over\n"));
    expect(await receive(client, long.id)).toMatchObject({
      sha256: sha256("x".repeat(2 * END_OUTPUT_CHARS_MAX)),
      end: { status: "succeeded" },
    });
    const lines = Number(readFileSync(written, "utf8"));
    expect(await receive(client, steady.id)).toMatchObject({ sha256: sha256(linesText(lines)), gaps: [] });
  });

  it("keeps the end of each run that ends during that time", async () => {
    const gate = join(scratch(), "gate");
    const wait = `echo begun; while [ ! -e ${gate} ]; do sleep 0.05; done; echo over`;
    const made = await Promise.all([run(wait), run(`${wait}; exit 3`)]);
    await until("all run", async () => {
      const all = await Promise.all(made.map(({ id }) => client.get(id)));
      return all.every(({ output }) => (output?.last_seq ?? 0) > 0);
    });
    const from = agent.log.length;
    disk.fill();
    writeFileSync(gate, "");
    const areEnded = async () => {
      const all = await Promise.all(made.map(({ id }) => client.get(id)));
      return all.every(({ status }) => isCompleted(status));
    };
    // A database that closes gives room back, so that there may be enough for the ends.
    await until("the ends wait, or are stored", async () => {
      return agent.log.slice(from).includes("disk is full") || (await areEnded());
    });
    disk.empty();
    const [good, bad] = await Promise.all(made.map(({ id }) => receive(client, id)));
    const text = sha256("begun\nover\n");
    expect(good).toMatchObject({ sha256: text, gaps: [], end: { status: "succeeded", exit_code: 0 } });
    expect(bad).toMatchObject({ sha256: text, gaps: [], end: { status: "failed", exit_code: 3 } });
  });

  it("gives no waiting execution to an agent while only a reserve is left, and each when there is room", async () => {
    const started = join(scratch(), "started");
    await agent.stop();
    const made = await Promise.all([0, 1, 2].map((n) => run(`echo ${n} >> ${started}`)));
    disk.fill(RESERVE_LEFT_BYTES);
    await until("a creation is refused", refused);
    await agent.start().ready();
    for (let n = 0; n < 20; n++) expect(await refused()).toBe(true);
    expect(existsSync(started)).toBe(false);
    const { waiting } = await client.get(made[0]?.id ?? "");
    expect(waiting?.reason).toBe("the server's disk is full except for a reserve");
    disk.empty();
    const ends = await Promise.all(made.map(({ id }) => receive(client, id)));
    for (const received of ends) expect(received).toMatchObject({ gaps: [], end: { status: "succeeded" } });
    expect(readFileSync(started, "utf8").split("\n").toSorted()).toEqual(["", "0", "1", "2"]);
  });

  it("begins no further task of a chain during that time, and goes on with it when there is room", async () => {
    const written = vi.spyOn(process.stderr, "write");
    afterTest(() => written.mockRestore());
    const told = () =>
      written.mock.calls.filter(([text]) => /Only the reserve|has room again/.test(String(text)));
    const parameters = { count: 4, sleep_delay: 0.5 };
    const { id } = await client.create({ action: "examples.count_chain", parameters });
    const tasks = async () => (await client.children(id)).map(({ status }) => status);
    await until("its first task runs", async () => (await tasks())[0] === "running");
    disk.fill(RESERVE_LEFT_BYTES);
    await until("a creation is refused", refused);
    await until("the first task has ended", async () => (await tasks())[0] === "succeeded");
    // The second task began at once before.
    for (let n = 0; n < 20; n++) expect(await refused()).toBe(true);
    expect(await tasks()).toEqual(["succeeded"]);
    expect(told()).toHaveLength(1);
    disk.empty();
    await until("the log says that there is room", () => told().length === 2);
    await until("the chain has ended", async () => (await client.get(id)).status === "succeeded");
    expect(await tasks()).toHaveLength(3);
  });
});

describe("a server that starts on a full disk", () => {
  it("reports it, damages nothing, and starts when there is room", async () => {
    const small = new SmallDisk(scratch(), DISK_BYTES);
    const state = join(small.folder, "state");
    try {
      // Without room, its own files cannot be written. With a little room, the index cannot take the migrations.
      for (const bytes_left of [0, 128 * 1024]) {
        small.fill(bytes_left);
        await expect(startServer({ port: 0, state })).rejects.toThrow(/disk .*is full/);
      }
      small.empty();
      const first = await startServer({ port: 0, state });
      await clientOf(first.url, first.apiKey).createKey({ user: "ann", role: "admin" });
      await first.stop();
      small.fill();
      await expect(startServer({ port: 0, state })).rejects.toThrow(/disk .*is full/);
      small.empty();
      const second = await startServer({ port: 0, state });
      expect(second.apiKey).toBe(first.apiKey);
      const keys = await clientOf(second.url, second.apiKey).identity.apiKeys();
      expect(keys.map(({ user }) => user)).toContain("ann");
      await second.stop();
    } finally {
      small.unmount();
    }
  });
});
