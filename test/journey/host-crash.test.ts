// @module-tag util-linux
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { markedProcesses } from "../../agent/process/table.ts";
import { startServer } from "../../cli/server/server.ts";
import type { Client } from "../../protocol/client/client.ts";
import { crashingDisk } from "../support/crashing-disk.ts";
import { linesText, lineWriter } from "../support/programs.ts";
import { promiseDue } from "../support/promised.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { receive, sha256 } from "../support/reader.ts";
import { afterTest, clientOf, scratch, TestAgent, until } from "../support/world.ts";

/** How soon the disk has what the agent wrote: docs/protocol.md promises it. */
const SYNCED_MS_MAX = 1_000;

let server: Awaited<ReturnType<typeof startServer>>;
let client: Client;

beforeAll(async () => {
  server = await startServer({ port: 0, state: scratch() });
  client = clientOf(server.url, server.apiKey);
});
afterAll(() => server.stop());

let pools = 0;

async function world(args: string[] = [], place: string = scratch()) {
  const pool = `host${++pools}`;
  const proxy = await FaultyProxy.before(server.url);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool });
  const agent = await new TestAgent(proxy.url, key, args, join(place, "state")).start().ready();
  afterTest(async () => {
    await agent.stop();
    proxy.close();
  });
  const run = async (cmd: string) =>
    (await client.create({ action: "core.local", parameters: { cmd }, pool })).id;
  const folderOf = (id: string) => {
    const spools = join(agent.state, "spool");
    const name = readdirSync(spools).find((one) => one.startsWith(id));
    return name === undefined ? undefined : join(spools, name);
  };
  return { agent, proxy, run, folderOf };
}

/** The lines of an execution's output on an agent's disk. */
function spooled(folder: string): string[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".ndjson"));
  return files.sort().flatMap((name) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n"));
}

/** The notes beside an output, by name. */
function notesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** Makes the disk look as after a crash: a number of lines was synced, and the host has started again since. */
function crashDisk(folder: string, lines_kept: number): void {
  const kept = spooled(folder).slice(0, lines_kept);
  for (const name of readdirSync(folder)) if (name.endsWith(".ndjson")) rmSync(join(folder, name));
  writeFileSync(join(folder, "000000000001.ndjson"), kept.map((line) => `${line}\n`).join(""));
  const lease = join(folder, "lease.json");
  writeFileSync(
    lease,
    JSON.stringify({ ...JSON.parse(readFileSync(lease, "utf8")), boot_id: "an-earlier-boot" }),
  );
}

async function lastSeq(id: string): Promise<number> {
  return (await client.get(id)).output?.last_seq ?? 0;
}

function killAll(id: string): void {
  for (const { pid } of markedProcesses(id)) process.kill(pid, "SIGKILL");
}

describe("a host that crashes", () => {
  it("leaves a gap behind all output on the server, if the disk has lost more than the unsent part", async () => {
    const { agent, proxy, run, folderOf } = await world();
    const { cmd, written } = lineWriter("crash-behind", { lines: 100_000, every_ms: 2 });
    const id = await run(cmd);
    await until("there is output", async () => (await lastSeq(id)) > 20);
    proxy.cut();
    const before = Number(readFileSync(written, "utf8")) + 100;
    await until("more is written", () => Number(readFileSync(written, "utf8")) > before);
    const folder = folderOf(id) ?? "";
    await agent.stop("SIGKILL");
    killAll(id);
    crashDisk(folder, 3);
    const sent = await lastSeq(id);
    proxy.mend();
    agent.start();
    const received = await receive(client, id);
    expect(received).toMatchObject({
      dense: true,
      last_seq: sent + 1,
      gaps: [{ reason: "agent_restarted", bytes: null }],
      end: { status: "abandoned", gaps: 1, last_seq: sent + 1 },
    });
    expect((await client.get(id)).result).toMatchObject({
      error: "The host was restarted while it ran the action.",
    });
  });

  it("leaves a gap behind the remaining output on its disk, if that is more than the server has", async () => {
    const { agent, proxy, run, folderOf } = await world();
    const { cmd } = lineWriter("crash-before", { lines: 100_000, every_ms: 2 });
    const id = await run(cmd);
    await until("there is output", async () => (await lastSeq(id)) > 5);
    proxy.cut();
    const kept = (await lastSeq(id)) + 50;
    const folder = folderOf(id) ?? "";
    await until("more is written", () => spooled(folder).length > kept + 20);
    await agent.stop("SIGKILL");
    killAll(id);
    crashDisk(folder, kept);
    const lines = spooled(folder).map((line) => JSON.parse(line).data);
    proxy.mend();
    agent.start();
    expect(await receive(client, id)).toMatchObject({
      dense: true,
      sha256: sha256(lines.join("")),
      gaps: [{ reason: "agent_restarted", bytes: null }],
      end: { status: "abandoned", gaps: 1, last_seq: kept + 1 },
    });
    expect(lines.join("")).toBe(linesText(lines.join("").split("\n").length - 1));
  });

  it("keeps the outcome of an ended process, with a gap for the end of its output", async () => {
    const { agent, proxy, run, folderOf } = await world();
    const id = await run(
      "echo one; sleep 0.2; for line in two three four; do echo $line; sleep 0.05; done; exit 7",
    );
    await until("there is output", async () => (await lastSeq(id)) > 0);
    proxy.cut();
    const folder = await until("it is here", () => folderOf(id));
    await until("its end is written down", () => existsSync(join(folder, "end.json")));
    await agent.stop("SIGKILL");
    crashDisk(folder, 2);
    proxy.mend();
    agent.start();
    const received = await receive(client, id);
    expect(received).toMatchObject({
      dense: true,
      gaps: [{ reason: "agent_restarted", bytes: null }],
      end: { status: "failed", exit_code: 7, gaps: 1 },
    });
    expect(received.bytes).toBeLessThan("one\ntwo\nthree\nfour\n".length);
  });

  it("loses nothing of an ended process if the disk has everything", async () => {
    const { agent, proxy, run, folderOf } = await world();
    const id = await run("echo one; sleep 0.2; echo two; exit 7");
    await until("there is output", async () => (await lastSeq(id)) > 0);
    proxy.cut();
    const folder = await until("it is here", () => folderOf(id));
    await until("its end is written down", () => existsSync(join(folder, "end.json")));
    await agent.stop("SIGKILL");
    crashDisk(folder, 100);
    proxy.mend();
    agent.start();
    expect(await receive(client, id)).toMatchObject({
      dense: true,
      gaps: [],
      sha256: sha256("one\ntwo\n"),
      end: { status: "failed", exit_code: 7 },
    });
  });

  it("leaves unreadable notes, and the server adds a gap", async () => {
    const { agent, run, folderOf } = await world();
    const { cmd } = lineWriter("crash-notes", { lines: 100_000, every_ms: 2 });
    const id = await run(cmd);
    await until("there is output", async () => (await lastSeq(id)) > 5);
    const folder = folderOf(id) ?? "";
    await agent.stop("SIGKILL");
    killAll(id);
    for (const name of ["lease.json", "process.json"]) writeFileSync(join(folder, name), "\0".repeat(80));
    await agent.start().ready();
    const received = await receive(client, id);
    expect(received).toMatchObject({ dense: true, end: { status: "abandoned", gaps: 1 } });
    await until("nothing is left", () => folderOf(id) === undefined);
    expect(agent.log).not.toContain("    at ");
  });

  it("leaves notes that the disk cannot read: the run waits for the next start, and the agent works", async () => {
    const { agent, run, folderOf } = await world();
    const { cmd } = lineWriter("crash-unread", { lines: 100_000, every_ms: 2 });
    const id = await run(cmd);
    await until("there is output", async () => (await lastSeq(id)) > 5);
    const folder = folderOf(id) ?? "";
    await agent.stop("SIGKILL");
    killAll(id);
    mkdirSync(join(folder, "end.json"));
    await agent.start().ready();
    expect(await receive(client, id)).toMatchObject({ dense: true, end: { status: "abandoned", gaps: 1 } });
    expect(agent.log).toContain("not taken up: the disk of");
    expect((await receive(client, await run("echo works"))).end).toMatchObject({ status: "succeeded" });
  });
});

describe("a real disk", { tags: ["root", "loop", "e2fsprogs"] }, () => {
  it.each(["interval", "always"])(
    "has the spooled output and its notes within a second: --fsync %s",
    async (policy) => {
      const disk = crashingDisk();
      const { proxy, run, folderOf } = await world(["--fsync", policy], disk.folder);
      const id = await run("sleep 1; seq 1 500; sleep 60");
      await until("it runs", async () => (await client.get(id)).status === "running");
      proxy.cut();
      const lines = () => spooled(folderOf(id) ?? "");
      await until("its output is written", () => lines().join("").includes("\\n500\\n"));
      const place = relative(disk.folder, folderOf(id) ?? "");
      const whole = lines().join("\n");
      const notes = notesIn(folderOf(id) ?? "");
      expect(Object.keys(notes).sort()).toEqual(["begun.json", "lease.json", "process.json"]);
      // Without a sync, the system writes it after half a minute.
      await promiseDue(SYNCED_MS_MAX);
      expect(disk.look((left) => spooled(join(left, place)).join("\n"))).toBe(whole);
      expect(disk.look((left) => notesIn(join(left, place)))).toEqual(notes);
      proxy.mend();
      await client.cancel(id);
    },
  );

  it.each(["never", "interval", "always"])(
    "has a crash, and the log has a gap for each loss: --fsync %s",
    async (policy) => {
      const disk = crashingDisk();
      const { agent, proxy, run } = await world(["--fsync", policy], disk.folder);
      const { cmd, written } = lineWriter(`crash-${policy}`, { lines: 100_000, every_ms: 1 });
      const id = await run(cmd);
      await until("there is output", async () => (await lastSeq(id)) > 20);
      proxy.cut();
      const before = Number(readFileSync(written, "utf8")) + 200;
      await until("more is written", () => Number(readFileSync(written, "utf8")) > before);
      await agent.stop("SIGKILL");
      killAll(id);
      disk.crash();
      proxy.mend();
      await agent.start().ready();
      const received = await receive(client, id);
      expect(received).toMatchObject({ dense: true, end: { status: "abandoned", gaps: 1 } });
      expect(received.gaps).toEqual([{ reason: "agent_restarted", bytes: null }]);
      expect(received.sha256).toBe(sha256(linesText(100_000).slice(0, received.bytes)));
    },
  );
});

describe.each(["never", "interval", "always"])("--fsync %s", (policy) => {
  it("delivers an output completely", async () => {
    const { run } = await world(["--fsync", policy]);
    const id = await run("seq 1 20000; sleep 0.1; seq 1 20000 >&2");
    const received = await receive(client, id);
    expect(received).toMatchObject({ dense: true, gaps: [], end: { status: "succeeded" } });
    const text = Array.from({ length: 20_000 }, (_, at) => `${at + 1}\n`).join("");
    expect(received.by_type).toEqual({ stdout: sha256(text), stderr: sha256(text) });
  });
});
