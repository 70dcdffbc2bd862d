// @module-tag tar
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { startServer } from "../../cli/server/server.ts";
import type { Client } from "../../protocol/client/client.ts";
import { linesText, lineWriter } from "../support/programs.ts";
import { receive, sha256 } from "../support/reader.ts";
import { afterTest, clientOf, ROOT, scratch, TestAgent, until } from "../support/world.ts";

/** The newest commit that speaks the protocol before the present one: test/fixtures/README.md. */
const BEFORE = "d959b06";
/** More than a run writes before it is stopped. */
const LINES_MAX = 1_000_000;

const programs = scratch();
const entry = join(programs, "entry.mjs");
beforeAll(() => {
  const packed = join(ROOT, `test/fixtures/release-${BEFORE}/programs.tar.gz`);
  execFileSync("tar", ["-xzf", packed, "-C", programs]);
  // That release has no relays, and the engine's configuration names their class.
  writeFileSync(
    entry,
    `export * from "./worker.mjs"; export { default } from "./worker.mjs"; export class Relay {}\n`,
  );
});

/** An agent of the release before, in a process of its own. */
function earlierAgent(url: string, key: string): { log: () => string } {
  const state = scratch();
  const args = [join(programs, "agent/agent.mjs"), "--url", url, "--state", state, "--name", "earlier"];
  const child: ChildProcess = spawn(process.execPath, args, {
    env: { ...process.env, TAILRACE_API_KEY: key },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (log += text));
  afterTest(async () => {
    if (child.exitCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  });
  return { log: () => log };
}

/** A server of the release before on a new state, and the present one on the same state and port. */
async function earlierServer() {
  const state = join(scratch(), "state");
  mkdirSync(state, { mode: 0o700 });
  let running = await startServer({ port: 0, state, entry });
  afterTest(() => running.stop());
  const { url, apiKey } = running;
  const client = clientOf(url, apiKey);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  const upgrade = async () => {
    await running.stop();
    running = await startServer({ port: Number(new URL(url).port), state });
  };
  return { url, client, key, upgrade };
}

/** Upgrades the server in the middle of a run, which goes on under its agent: its reader gets every line, once. */
async function upgradeDuringRun(client: Client, upgrade: () => Promise<void>): Promise<void> {
  const { cmd, stop, written } = lineWriter(`line-${crypto.randomUUID()}`, {
    lines: LINES_MAX,
    every_ms: 10,
  });
  const { id } = await client.create({ action: "core.local", parameters: { cmd, timeout: 300 } });
  const reader = receive(client, id, { transport: "websocket" });
  const stored = async () => (await client.get(id)).output?.last_seq ?? 0;
  await until("it has written", async () => (await stored()) > 5);
  await upgrade();
  const before = await stored();
  await until("the present server stores its output", async () => (await stored()) > before + 5);
  expect((await client.get(id)).status).toBe("running");
  stop();
  const received = await reader;
  const lines = Number(readFileSync(written, "utf8"));
  expect(received).toMatchObject({
    sha256: sha256(linesText(lines)),
    dense: true,
    gaps: [],
    end: { status: "succeeded" },
  });
}

async function runs(client: Client): Promise<void> {
  const { id } = await client.create({ action: "core.local", parameters: { cmd: "echo new" } });
  expect((await receive(client, id)).sha256).toBe(sha256("new\n"));
}

describe(`a server of release ${BEFORE} that is upgraded`, { timeout: 120_000 }, () => {
  it("keeps the runs of an agent of that release, and gives it new ones", async () => {
    const { url, client, key, upgrade } = await earlierServer();
    const { log } = earlierAgent(url, key);
    await until(`the agent is there: ${log()}`, async () => (await client.agents()).length > 0);
    await upgradeDuringRun(client, upgrade);
    await runs(client);
    expect(await client.agents()).toMatchObject([{ name: "earlier", protocol: 2 }]);
  });

  it("has served a present agent, and keeps its runs", async () => {
    const { url, client, key, upgrade } = await earlierServer();
    const agent = new TestAgent(url, key).start();
    afterTest(() => agent.stop());
    await agent.ready();
    await runs(client);
    await upgradeDuringRun(client, upgrade);
    await until("the agent speaks the present version", async () => {
      const [known] = await client.agents();
      return known?.protocol === 3;
    });
    await runs(client);
  });
});
