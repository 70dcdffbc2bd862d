// @module-tag root
// @module-tag util-linux
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { markedProcesses } from "../../agent/process/table.ts";
import { startServer } from "../../cli/server/server.ts";
import type { Client } from "../../protocol/client/client.ts";
import { linesText, lineWriter } from "../support/programs.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { type Received, receive, sha256 } from "../support/reader.ts";
import { SmallDisk } from "../support/small-disk.ts";
import { afterTest, clientOf, ROOT, scratch, TestAgent, until } from "../support/world.ts";

const MIB = 1024 * 1024;
const LINE = `${"x".repeat(99)}\n`;

/** Writes this many bytes, or without an end, and notes in a file how many bytes its pipe has taken. */
const BLOCKS = (written: string, bytes: number) => `exec ${process.execPath} -e '
  const { openSync, writeSync } = require("node:fs");
  const note = openSync("${written}", "w");
  const block = "${"x".repeat(99)}\\n".repeat(100);
  for (let bytes = 0; bytes < ${bytes}; ) {
    bytes += writeSync(1, block);
    writeSync(note, String(bytes).padEnd(20), 0);
  }'`;

let server: Awaited<ReturnType<typeof startServer>>;
let client: Client;

beforeAll(async () => {
  server = await startServer({ port: 0, state: scratch() });
  client = clientOf(server.url, server.apiKey);
});
afterAll(() => server.stop());

let pools = 0;

/** An agent of a new pool, behind a proxy, with its state on a disk of this size. */
async function worldOn(bytes: number) {
  const pool = `disk${++pools}`;
  const disk = new SmallDisk(scratch(), bytes);
  const proxy = await FaultyProxy.before(server.url);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool });
  const agent = new TestAgent(proxy.url, key, [], join(disk.folder, "state"));
  afterTest(async () => {
    await agent.stop();
    proxy.close();
    disk.unmount();
  });
  const run = async (cmd: string, timeout = 120) => {
    const { id } = await client.create({ action: "core.local", parameters: { cmd, timeout }, pool });
    return id;
  };
  return { agent, disk, proxy, run, key };
}

type DiskWorld = Awaited<ReturnType<typeof worldOn>>;

/** A program that writes without an end until neither the disk nor the network takes more, so that it waits. */
async function heldUp({ agent, disk, proxy, run }: DiskWorld, timeout?: number) {
  const written = join(scratch(), "written");
  const id = await run(BLOCKS(written, Number.POSITIVE_INFINITY), timeout);
  await until("it writes", async () => (await lastSeq(id)) > 0);
  proxy.cut();
  disk.fill();
  await until("the disk takes no more", () =>
    agent.log.includes(`execution ${id}: the disk takes no output`),
  );
  await until("it waits", () => markedProcesses(id).some(({ pid }) => isHeldUp(pid)));
  return { id, bytesWritten: () => Number(readFileSync(written, "utf8")) };
}

/** Whether a process waits for a reader of its pipe. Node's pipe is a pair of sockets. */
function isHeldUp(pid: number): boolean {
  return /pipe_write|sock_alloc_send/.test(readFileSync(`/proc/${pid}/wchan`, "utf8"));
}

async function lastSeq(id: string): Promise<number> {
  return (await client.get(id)).output?.last_seq ?? 0;
}

/** Expects all written output, and at most the block that was being written. */
function expectWhole({ dense, gaps, bytes }: Received, written: number): void {
  expect({ dense, gaps }).toEqual({ dense: true, gaps: [] });
  expect(bytes).toBeGreaterThanOrEqual(written);
  expect(bytes).toBeLessThanOrEqual(written + 100 * LINE.length);
}

describe("an agent whose disk is full", () => {
  it("goes on with every run while the server takes their output, and loses none of it", async () => {
    const { agent, disk, run } = await worldOn(16 * MIB);
    await agent.start().ready();
    const { cmd, stop, written } = lineWriter("beside", { lines: 1_000_000, every_ms: 5 });
    const beside = await run(cmd);
    const loud = await run(`sleep 1; yes ${"x".repeat(99)} | head -c 8000000`);
    await until("both run", async () => (await client.get(loud)).status === "running" && lastSeq(beside));
    disk.fill();
    const received = await receive(client, loud);
    expect(received).toMatchObject({ dense: true, gaps: [], sha256: sha256(LINE.repeat(80_000)) });
    expect(received.end).toMatchObject({ status: "succeeded" });
    disk.fill();
    const refused = `execution ${beside}: the disk takes no output`;
    await until("the other one's is refused too", () => agent.log.includes(refused));
    disk.empty();
    const taken = `execution ${beside}: the disk takes output again`;
    await until("the log says that it is taken again", () => agent.log.includes(taken));
    stop();
    expect(await receive(client, beside)).toMatchObject({
      dense: true,
      gaps: [],
      sha256: sha256(linesText(Number(readFileSync(written, "utf8")))),
      end: { status: "succeeded" },
    });
    expect(agent.log).toContain(
      `execution ${loud}: the disk takes no output, so it waits in memory and in the program: the disk of`,
    );
  });

  it("cancels a run that writes without an end, and keeps all that it wrote", async () => {
    const { agent, disk, run } = await worldOn(16 * MIB);
    await agent.start().ready();
    const written = join(scratch(), "written");
    const id = await run(BLOCKS(written, Number.POSITIVE_INFINITY));
    await until("it writes", async () => (await lastSeq(id)) > 0);
    disk.fill();
    await until("the disk takes no more", () =>
      agent.log.includes(`execution ${id}: the disk takes no output`),
    );
    await client.cancel(id);
    const received = await receive(client, id);
    expect(received.end).toMatchObject({ status: "canceled" });
    expectWhole(received, Number(readFileSync(written, "utf8")));
    expect(markedProcesses(id)).toEqual([]);
  });

  it("makes a program wait while the network takes no output either, and ends it at its timeout", async () => {
    const world = await worldOn(16 * MIB);
    await world.agent.start().ready();
    const { id, bytesWritten } = await heldUp(world, 10);
    await until("it is ended", () => markedProcesses(id).length === 0);
    world.proxy.mend();
    const received = await receive(client, id);
    expect(received.end).toMatchObject({ status: "timeout" });
    expectWhole(received, bytesWritten());
  });

  it("lets a waiting program continue when the server is back, with the disk still full", async () => {
    const world = await worldOn(16 * MIB);
    await world.agent.start().ready();
    const { id, bytesWritten } = await heldUp(world);
    const before = bytesWritten();
    world.proxy.mend();
    await until("it goes on", () => bytesWritten() > before + 10 * MIB);
    await client.cancel(id);
    expectWhole(await receive(client, id), bytesWritten());
    await until("the log says so", () =>
      world.agent.log.includes(`execution ${id}: the server takes output again`),
    );
  });

  it("ends its runs correctly after a kill and a restart, and begins waiting executions when there is room", async () => {
    const world = await worldOn(16 * MIB);
    const { agent, disk, proxy, run } = world;
    await agent.start().ready();
    const { id } = await heldUp(world);
    await agent.stop("SIGKILL");
    proxy.mend();
    // A kill in the middle of a write leaves this.
    const spools = join(agent.state, "spool");
    for (const name of readdirSync(spools)) truncateSync(join(spools, name, "process.json"), 5);
    await agent.start().ready();
    const received = await receive(client, id);
    expect(received).toMatchObject({
      dense: true,
      gaps: [{ reason: "agent_restarted", bytes: null }],
      end: { status: "abandoned", gaps: 1 },
    });
    expect(markedProcesses(id)).toEqual([]);
    disk.fill();
    const late = await run("echo late");
    const reason = await until("it waits for a reason", async () => {
      const { waiting } = await client.get(late);
      return waiting?.reason.includes("takes no new work") && waiting.reason;
    });
    expect(reason).toContain(`the disk of ${agent.state} is full (ENOSPC): make room on it`);
    expect(agent.log).toContain(`the agent takes no new runs: the disk of ${agent.state} is full (ENOSPC)`);
    disk.empty();
    expect(await receive(client, late)).toMatchObject({ end: { status: "succeeded" } });
    expect(agent.log).toContain("the agent takes new runs again");
    expect(agent.log).not.toContain("    at ");
    await until("nothing is left", () => readdirSync(spools).length === 0);
  });

  it("reports the full disk at its first start, and registers when there is room", async () => {
    const { agent, disk, run } = await worldOn(16 * MIB);
    mkdirSync(agent.state);
    disk.fill();
    agent.start();
    await until("it says why it waits", () =>
      agent.log.includes("the agent's identity cannot be stored: the disk of"),
    );
    disk.empty();
    await agent.ready();
    expect(await receive(client, await run("echo first"))).toMatchObject({ end: { status: "succeeded" } });
  });

  it("starts on a read-only disk, sends its spooled output, and runs nothing new until it can write", async () => {
    const { agent, disk, proxy, run } = await worldOn(16 * MIB);
    await agent.start().ready();
    const id = await run("echo before; sleep 1; echo after; exit 7");
    await until("it writes", async () => (await lastSeq(id)) > 0);
    proxy.cut();
    const spools = join(agent.state, "spool");
    const isEnded = () => readdirSync(spools).some((name) => existsSync(join(spools, name, "end.json")));
    await until("its end is written down", isEnded);
    await agent.stop("SIGKILL");
    disk.remount("ro");
    proxy.mend();
    await agent.start().ready();
    expect(await receive(client, id)).toMatchObject({
      sha256: sha256("before\nafter\n"),
      gaps: [],
      end: { status: "failed", exit_code: 7 },
    });
    const late = await run("echo late");
    await until("it waits", async () =>
      (await client.get(late)).waiting?.reason.includes("is read-only (EROFS)"),
    );
    disk.remount("rw");
    expect(await receive(client, late)).toMatchObject({ end: { status: "succeeded" } });
    expect(agent.log).not.toContain("    at ");
  });

  it("continues with its log on that disk, and later writes how many lines are missing", async () => {
    const { agent, disk, run, key } = await worldOn(16 * MIB);
    const file = join(disk.folder, "agent.log");
    const stderr = openSync(file, "a");
    const child = spawn(
      process.execPath,
      ["agent/main.ts", "--url", server.url, "--state", agent.state, "--name", "test"],
      { cwd: ROOT, env: { ...process.env, TAILRACE_API_KEY: key }, stdio: ["ignore", "ignore", stderr] },
    );
    afterTest(async () => {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    });
    await until("it is ready", () => readFileSync(file, "utf8").includes("agent ready"));
    // The last page of a file has room that the disk does not count.
    appendFileSync(file, "\n".repeat(4096 - (statSync(file).size % 4096)));
    disk.fill();
    const id = await run("echo late");
    await until("it waits", async () => (await client.get(id)).waiting?.reason.includes("takes no new work"));
    disk.empty();
    expect(await receive(client, id)).toMatchObject({ end: { status: "succeeded" } });
    expect(readFileSync(file, "utf8")).toContain("1 line before this one could not be written here");
  });

  it("is started by the command line, from its sources if its bundle cannot be written", async () => {
    const { disk, key } = await worldOn(16 * MIB);
    const state = join(disk.folder, "state");
    mkdirSync(state);
    disk.fill();
    const child = spawn(process.execPath, ["cli/main.ts", "agent", "--url", server.url, "--state", state], {
      cwd: ROOT,
      env: { ...process.env, TAILRACE_API_KEY: key },
      stdio: ["ignore", "ignore", "pipe"],
    });
    afterTest(async () => {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    });
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
    await until("it says why it waits", () =>
      log.includes("the agent's identity cannot be stored: the disk of"),
    );
    disk.empty();
    await until("it is ready", () => log.includes("agent ready"));
  });
});
