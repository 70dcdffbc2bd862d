import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Server, storeOf } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import { INDEX_OBJECTS_MAX } from "../../protocol/base/limits.ts";
import type { ListExecutions } from "../../protocol/model/execution.ts";
import { bareEnvironment, runCommandLine } from "../support/command-line.ts";
import { lineWriter } from "../support/programs.ts";
import { tree } from "../support/tree.ts";
import { clientOf, ROOT, scratch, TestAgent, until } from "../support/world.ts";

/** More executions than one request takes. */
const DELAYED = INDEX_OBJECTS_MAX + 10;
const DELAY_MS = 3_600_000;
const SOON_DAYS = 1e-5;

const packs = tree({
  "flow/pack.yaml": "name: flow\n",
  "flow/actions/pair.yaml": "name: pair\nrunner_type: action-chain\nentry_point: chains/pair.yaml\n",
  "flow/actions/chains/pair.yaml": `
chain:
  - {name: one, ref: core.local, params: {cmd: echo one}, on-success: two}
  - {name: two, ref: core.local, params: {cmd: echo two}}
`,
});
const home = scratch();
const state = join(home, ".tailrace");
const live = lineWriter("rebuild", { lines: 1_000_000, every_ms: 10 });
let server: Server;
let agent: TestAgent;
let client: ReturnType<typeof clientOf>;
const ids = { chain: "", live: "", failed: "" };

beforeAll(async () => {
  server = await startServer({ port: 0, state });
  client = clientOf(server.url, server.apiKey);
  const agentOf = async (pool: string) => {
    const { key } = await client.createKey({ user: "agent", role: "agent", pool });
    return new TestAgent(server.url, key, ["--packs", packs]).start().ready();
  };
  agent = await agentOf("default");
  // Its packs stay offered.
  await (await agentOf("elsewhere")).stop();
  await fill();
});
afterAll(async () => {
  live.stop();
  await agent.stop();
  await server.stop();
});

/** Executions of several actions, users, pools and statuses; a chain; an expired and a pinned one; one that writes. */
async function fill(): Promise<void> {
  const local = { action: "core.local" };
  const { key: ann } = await client.identity.createApiKey({ user: "ann", role: "admin" });
  const ended = [
    await client.create({ ...local, parameters: { cmd: "echo done" } }),
    await client.create({ ...local, parameters: { cmd: "exit 3" } }),
    await clientOf(server.url, ann).create({ ...local, parameters: { cmd: "seq 1 100" } }),
    await client.create({ action: "core.noop" }),
    await client.create({ action: "flow.pair" }),
  ];
  ids.failed = ended[1]?.id ?? "";
  ids.chain = ended[4]?.id ?? "";
  const retention = { output_ttl_days: SOON_DAYS };
  const expired = await client.create({ ...local, parameters: { cmd: "seq 1 9" }, retention });
  await Promise.all(
    Array.from({ length: DELAYED }, () =>
      client.create({ action: "core.noop", pool: "elsewhere", delay: DELAY_MS }),
    ),
  );
  ids.live = (await client.create({ ...local, parameters: { cmd: live.cmd, timeout: 300 } })).id;
  await until("it has expired", async () => (await client.get(expired.id)).output?.expired);
  for (const { id } of ended)
    await until("it has ended", async () => (await client.get(id)).end_timestamp !== undefined);
  await client.pin(ended[0]?.id ?? "");
  await until("it writes", async () => ((await client.get(ids.live)).output?.last_seq ?? 0) > 5);
  const written = async () => (await client.list({ status: "running" })).length === 1;
  await until("the index has all of it", written);
}

/** What a reader sees of the index. The output of an execution that writes is of the moment. */
async function seen() {
  const filters: ListExecutions[] = [
    { limit: DELAYED + 20 },
    { limit: 3, offset: 2 },
    ...(["succeeded", "failed", "running", "delayed"] as const).map((status) => ({
      status,
      limit: DELAYED + 20,
    })),
    ...["core.local", "core.noop", "flow.pair"].map((action) => ({ action, limit: DELAYED + 20 })),
    { user: "ann" },
    { pool: "elsewhere", limit: 5 },
    { parent: ids.chain },
  ];
  const get = async (path: string) =>
    (await fetch(server.url + path, { headers: { "st2-api-key": server.apiKey } })).json();
  const lists = await Promise.all(filters.map((filter) => client.list(filter)));
  return {
    lists: lists.map((list) => list.map((row) => (row.id === ids.live ? { ...row, output: null } : row))),
    children: await client.children(ids.chain),
    last: (await client.get("last")).id,
    views: await get("/api/v1/executions/views/filters"),
    counts: await server.index.run(
      "SELECT * FROM execution_counts WHERE count > 0 ORDER BY 1, 2, 3, 4, 5, 6",
    ),
  };
}

function tailrace(...args: string[]) {
  const env = { ...bareEnvironment(), TAILRACE_URL: server.url, TAILRACE_API_KEY: server.apiKey };
  return runCommandLine(args, { env, cwd: home });
}

const ALL = DELAYED + 9;

describe("an index whose database is lost", () => {
  it("has the same lists again after `tailrace index rebuild`, also if that is killed and done again", async () => {
    const before = await seen();
    expect(before.lists[0]).toHaveLength(ALL);
    // It would stop, because the index that knew it and its pool's key is lost.
    agent.signal("SIGSTOP");
    await server.stop();
    expect(await tailrace("index", "rebuild")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^No server runs on \.tailrace.*tailrace start --state \.tailrace\n$/),
    });
    rmSync(join(storeOf(state), "d1"), { recursive: true });
    server = await startServer({ port: Number(new URL(server.url).port), state });
    expect(await client.list()).toEqual([]);
    const examined = await tailrace("doctor");
    expect(examined.code).toBe(1);
    expect(examined.stdout).toMatch(/wrong index .*\n.*tailrace index rebuild --state \.tailrace/);

    await killedAtFirstLine("index", "rebuild");
    expect(await tailrace("index", "rebuild")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`has (all )?${ALL} executions`)),
    });
    expect(await seen()).toEqual(before);
    expect(await tailrace("index", "rebuild")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("nothing was changed"),
    });
  });

  it("gets the end of a run that was live", async () => {
    agent.signal("SIGCONT");
    await until("it has ended", async () => (await client.get(ids.live)).end_timestamp !== undefined);
    const { status } = await client.get(ids.live);
    await until("the list has its end", async () => {
      const row = (await client.list({ limit: ALL })).find(({ id }) => id === ids.live);
      return row?.end_timestamp !== undefined && row.status === status;
    });
  });
});

async function rebuilt(...flags: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await tailrace("index", "rebuild", "--json", ...flags);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^(asked .*\n)*$/) });
  return JSON.parse(stdout);
}

async function killedAtFirstLine(...args: string[]): Promise<void> {
  const env = { ...bareEnvironment(), NODE_NO_WARNINGS: "1" };
  const program = spawn(process.execPath, [join(ROOT, "cli/main.ts"), ...args], { cwd: home, env });
  const exited = once(program, "exit");
  for await (const _ of createInterface(program.stderr)) break;
  program.kill("SIGKILL");
  await exited;
}

describe("an index that was restored from an older copy", () => {
  it("gets the rows that are older or missing, and loses those that no execution has", async () => {
    const before = await seen();
    const stale = "f".repeat(24);
    await server.index.run(
      `INSERT INTO executions (id, version, action, runner, status, user, document, start_timestamp)
       SELECT '${stale}', version, action, runner, 'running', user, document, start_timestamp FROM executions WHERE id = ?`,
      ids.failed,
    );
    await server.index.run("DELETE FROM executions WHERE id = ?", ids.chain);
    await server.index.run(
      "UPDATE executions SET version = 1, status = 'requested', end_timestamp = NULL WHERE id = ?",
      ids.failed,
    );
    expect(await rebuilt()).toEqual({
      executions: ALL,
      written: 2,
      removed: 1,
      failed: [],
    });
    expect((await seen()).lists).toEqual(before.lists);
  });

  it("is written as a whole with --force, also where a row of the same version is damaged", async () => {
    const before = await seen();
    await server.index.run("UPDATE executions SET action = 'core.other' WHERE id = ?", ids.failed);
    expect(await rebuilt()).toMatchObject({ written: 0 });
    expect(await rebuilt("--force")).toMatchObject({
      written: ALL,
    });
    expect((await seen()).lists).toEqual(before.lists);
  });
});

describe("an index whose database is damaged", () => {
  it("keeps the server from starting, with a line that says what to do", async () => {
    await server.stop();
    const folder = join(storeOf(state), "d1");
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (/-(wal|shm)$/.test(name)) rmSync(join(folder, name));
      else if (/[0-9a-f]{64}\.sqlite$/.test(name)) writeFileSync(join(folder, name), "damaged".repeat(1_000));
    }
    const port = Number(new URL(server.url).port);
    await expect(startServer({ port, state })).rejects.toThrow(
      `Move ${folder} away, start again, then: tailrace index rebuild --state ${state}`,
    );
    renameSync(folder, `${folder}-damaged`);
    server = await startServer({ port, state });
    expect(await rebuilt()).toMatchObject({ executions: ALL, written: ALL });
  });
});
