import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { markedProcesses } from "../../agent/process/table.ts";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import type { Client } from "../../protocol/client/client.ts";
import { type Fate, MessageProxy, type Said } from "../support/message-proxy.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { receive, sha256 } from "../support/reader.ts";
import { ServerProcess } from "../support/server-process.ts";
import { afterTest, clientOf, scratch, TestAgent, until } from "../support/world.ts";

let server: Server;
let client: Client;
let proxy: MessageProxy;
let agent: TestAgent;

beforeAll(async () => {
  server = await startServer({ port: 0, state: scratch() });
  client = clientOf(server.url, server.apiKey);
  proxy = await MessageProxy.before(server.url);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  agent = await new TestAgent(proxy.url, key).start().ready();
});
afterAll(async () => {
  await agent?.stop();
  proxy?.close();
  await server?.stop();
});
afterEach(() => {
  proxy.decide = () => "pass";
  proxy.mend();
});

/** Breaks the connection once, at the first message of a kind. */
function breakOnce(by: Said["by"], type: string, fate: Fate): { done: () => boolean } {
  let isDone = false;
  proxy.decide = (said) => {
    if (isDone || said.by !== by || said.type !== type) return "pass";
    isDone = true;
    return fate;
  };
  return { done: () => isDone };
}

/** Starts a program that notes each start, writes, and ends when it is told to. */
async function start(): Promise<{ id: string; starts: () => number; output: string; end: string }> {
  const folder = scratch();
  const [starts, end] = [join(folder, "starts"), join(folder, "end")];
  const cmd = `echo x >> ${starts}; seq 1 2000; until [ -e ${end} ]; do sleep 0.05; done; echo last`;
  const { id } = await client.create({ action: "core.local", parameters: { cmd, timeout: 120 } });
  const count = () => (existsSync(starts) ? readFileSync(starts, "utf8").length / 2 : 0);
  const lines = Array.from({ length: 2000 }, (_, at) => `${at + 1}\n`).join("");
  return { id, starts: count, output: `${lines}last\n`, end };
}

/** Expects that the agent has nothing left of the execution. */
async function expectClean(id: string): Promise<void> {
  await until("its spool is gone", () => readdirSync(join(agent.state, "spool")).length === 0);
  expect(markedProcesses(id)).toEqual([]);
  await until("its slot is free", async () => (await client.agents())[0]?.busy === 0);
}

const BREAKS: [string, Said["by"], string, Fate][] = [
  ["before the lease arrives", "pool", "lease", "cut before"],
  ["once the lease has arrived", "pool", "lease", "cut after"],
  ["before its acceptance arrives", "agent", "accepted", "cut before"],
  ["once its acceptance has arrived", "agent", "accepted", "cut after"],
  ["before its confirmation arrives", "pool", "confirmed", "cut before"],
  ["once its confirmation has arrived", "pool", "confirmed", "cut after"],
];

describe("a connection that breaks between a lease and its acceptance", () => {
  it.each(BREAKS)("%s, starts the program once, and loses none of its output", async (_, by, type, fate) => {
    const broken = breakOnce(by, type, fate);
    const { id, starts, output, end } = await start();
    await until("it has broken", broken.done);
    await until("the program is started", () => starts() > 0);
    await client.create({ action: "core.local", parameters: { cmd: `touch ${end}` } });
    expect(await receive(client, id)).toMatchObject({
      sha256: sha256(output),
      dense: true,
      gaps: [],
      end: { status: "succeeded", exit_code: 0 },
    });
    expect(starts()).toBe(1);
    await expectClean(id);
  });

  it("and stays broken lets the agent end a canceled run by itself, with all its output", async () => {
    const broken = breakOnce("pool", "confirmed", "cut after");
    const { id, starts } = await start();
    await until("it has broken", broken.done);
    proxy.cut();
    await until("the program is started", () => starts() > 0);
    await client.cancel(id);
    expect((await client.get(id)).status).toBe("canceling");
    await until("its lines are spooled", () => spooled(id).includes("2000\\n"));
    expect((await client.get(id)).status).toBe("canceling");
    proxy.mend();
    const received = await receive(client, id);
    expect(received).toMatchObject({ dense: true, gaps: [], end: { status: "canceled" } });
    expect(received.bytes).toBe(Array.from({ length: 2000 }, (_, at) => `${at + 1}\n`).join("").length);
    expect(starts()).toBe(1);
    await expectClean(id);
  });

  it("and whose agent is killed without the confirmation starts the program once, by a new lease", async () => {
    const broken = breakOnce("pool", "confirmed", "cut before");
    const { id, starts, output, end } = await start();
    await until("it has broken", broken.done);
    proxy.cut();
    await agent.stop("SIGKILL");
    expect(starts()).toBe(0);
    proxy.mend();
    agent.start();
    await until("the program is started", () => starts() > 0);
    await client.create({ action: "core.local", parameters: { cmd: `touch ${end}` } });
    expect(await receive(client, id)).toMatchObject({
      sha256: sha256(output),
      gaps: [],
      end: { status: "succeeded" },
    });
    expect(starts()).toBe(1);
    await expectClean(id);
  });
});

describe("an agent that is lost with its host", () => {
  it("loses its watched execution within a grace time of 5 seconds and 20 more", async () => {
    const short = await startServer({ port: 0, state: scratch(), vars: { LEASE_GRACE_SECONDS: 5 } });
    afterTest(short.stop);
    const user = clientOf(short.url, short.apiKey);
    const { key } = await user.createKey({ user: "agent", role: "agent", pool: "default" });
    const lost = await new TestAgent(short.url, key).start().ready();
    const { id } = await user.create({
      action: "core.local",
      parameters: { cmd: "echo up; exec sleep 300" },
    });
    const following = receive(user, id);
    await until("it has written", async () => ((await user.get(id)).output?.last_seq ?? 0) > 0);
    const [program] = markedProcesses(id);
    await lost.stop("SIGKILL");
    const lost_at = performance.now();
    expect(await following).toMatchObject({ gaps: [{ reason: "agent_lost" }], end: { status: "abandoned" } });
    expect(performance.now() - lost_at).toBeLessThan(25_000);
    // A crash of the host would end it.
    if (program) process.kill(program.pid, "SIGKILL");
  });
});

describe("an agent that is told to stop while the server is down", () => {
  it("delivers the rest and the end of what it ran once both are back", async () => {
    const restarted = await new ServerProcess(scratch()).start();
    const { key } = await restarted.client.createKey({ user: "agent", role: "agent", pool: "default" });
    const stopped = await new TestAgent(restarted.url, key).start().ready();
    afterTest(() => stopped.stop());
    const [go, gone] = [join(scratch(), "go"), join(scratch(), "gone")];
    const cmd = `echo first; until [ -e ${go} ]; do sleep 0.05; done; echo second; touch ${gone}; exec sleep 300`;
    const { id } = await restarted.client.create({ action: "core.local", parameters: { cmd } });
    await until("it has written", async () => ((await restarted.client.get(id)).output?.last_seq ?? 0) > 0);
    await restarted.kill();
    writeFileSync(go, "");
    await until("it has written more", () => existsSync(gone));
    await stopped.stop();
    await restarted.start();
    stopped.start();
    expect(await receive(restarted.client, id)).toMatchObject({
      sha256: sha256("first\nsecond\n"),
      dense: true,
      gaps: [],
      end: { status: "abandoned", gaps: 0 },
    });
    const { result } = await restarted.client.get(id);
    expect(result).toMatchObject({ error: "The agent was stopped while it ran the action." });
  });
});

describe("an agent whose output the server refuses", () => {
  it("reports that it gives the execution up, which is abandoned at once and frees the slot", async () => {
    const between = await FaultyProxy.before(server.url);
    const { key } = await client.createKey({ user: "agent", role: "agent", pool: "refused" });
    const refused = await new TestAgent(between.url, key, ["--pool", "refused"]).start().ready();
    afterTest(async () => {
      await refused.stop();
      between.close();
    });
    const go = join(scratch(), "go");
    const cmd = `echo up; until [ -e ${go} ]; do sleep 0.05; done; echo refused; sleep 60`;
    const { id } = await client.create({ action: "core.local", pool: "refused", parameters: { cmd } });
    await until("it has written", async () => ((await client.get(id)).output?.last_seq ?? 0) > 0);
    between.batch_page = INVALID;
    writeFileSync(go, "");
    expect(await receive(client, id)).toMatchObject({
      gaps: [{ reason: "agent_restarted" }],
      end: { status: "abandoned" },
    });
    expect(refused.log).toContain("the server refuses its output");
    expect(markedProcesses(id)).toEqual([]);
    await until("its slot is free", async () => (await client.agents("refused"))[0]?.busy === 0);
  });
});

/** The server's refusal of a batch. */
const REFUSAL = JSON.stringify({ code: "invalid", faultstring: "The batch is not one." });
const INVALID = `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${REFUSAL.length}\r\nconnection: close\r\n\r\n${REFUSAL}`;

/** An execution's spooled output on the agent's disk. */
function spooled(id: string): string {
  const spools = join(agent.state, "spool");
  return readdirSync(spools)
    .filter((name) => name.startsWith(id))
    .flatMap((name) => readdirSync(join(spools, name)).map((file) => join(spools, name, file)))
    .filter((file) => file.endsWith(".ndjson"))
    .map((file) => readFileSync(file, "utf8"))
    .join("");
}
