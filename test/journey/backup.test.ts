import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import { isChunk } from "../../protocol/wire/record.ts";
import { bareEnvironment, runCommandLine } from "../support/command-line.ts";
import { receive } from "../support/reader.ts";
import { afterTest, clientOf, scratch, TestAgent, until } from "../support/world.ts";

const WRITERS = 4;

const state = join(scratch(), "state");
let server: Server;
let client: ReturnType<typeof clientOf>;
let agent: TestAgent;

beforeAll(async () => {
  server = await startServer({ port: 0, state });
  client = clientOf(server.url, server.apiKey);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  agent = await new TestAgent(server.url, key, ["--slots", "8"]).start().ready();
});
afterAll(async () => {
  await agent.stop();
  await server.stop();
});

function tailrace(...args: string[]) {
  return runCommandLine(args, { env: bareEnvironment() });
}

/** A server on a copy of a backup. */
async function restored(backup: string): Promise<Server> {
  const folder = join(scratch(), "restored");
  const { code, stderr } = await tailrace("restore", backup, "--state", folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const copy = await startServer({ port: 0, state: folder });
  afterTest(copy.stop);
  return copy;
}

describe("a backup during live output", () => {
  it("has every line that was acknowledged before it, the lists, the keys and the secrets", async () => {
    const { key } = await client.identity.createApiKey({ user: "ann" });
    await client.setKey("word", { value: "swordfish", secret: true });
    const ended = await client.create({ action: "core.local", parameters: { cmd: "seq 1 2000" } });
    await until("it has ended", async () => (await client.get(ended.id)).status === "succeeded");
    const cmd = "while true; do date +%s%N; sleep 0.01; done";
    const ids = await Promise.all(
      Array.from(
        { length: WRITERS },
        async () => (await client.create({ action: "core.local", parameters: { cmd } })).id,
      ),
    );
    afterTest(() => Promise.all(ids.map((id) => client.cancel(id))));
    for (const id of ids)
      await until("it writes", async () => ((await client.get(id)).output?.last_seq ?? 0) > 20);
    const acknowledged = await Promise.all(
      ids.map(async (id) => (await client.get(id)).output?.last_seq ?? 0),
    );

    const backup = join(scratch(), "backup");
    const made = await tailrace("backup", backup, "--state", state, "--json");
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(made.stdout)).toMatchObject({ folder: backup, paused_ms: expect.any(Number) });
    const [after = 0] = await Promise.all(
      ids.map(async (id) => (await client.get(id)).output?.last_seq ?? 0),
    );
    await until(
      "the run goes on",
      async () => ((await client.get(ids[0] ?? "")).output?.last_seq ?? 0) > after,
    );

    const copy = await restored(backup);
    const there = clientOf(copy.url, copy.apiKey);
    for (const [at, id] of ids.entries()) {
      const { records } = await stored(there, id);
      expect(records.length).toBeGreaterThanOrEqual(acknowledged[at] ?? 0);
      const live = await stored(client, id);
      expect(live.records.slice(0, records.length)).toEqual(records);
      expect((await there.get(id)).status).toBe("running");
    }
    expect(await receive(there, ended.id)).toMatchObject({ dense: true, end: { status: "succeeded" } });
    const listed = (await there.list()).map(({ id, status }) => [id, status]);
    expect(listed.sort()).toEqual([...ids.map((id) => [id, "running"]), [ended.id, "succeeded"]].sort());
    expect((await clientOf(copy.url, key).user()).username).toBe("ann");
    expect((await there.key("word", { decrypt: true })).value).toBe("swordfish");
  });

  it("can be read by its owner alone", async () => {
    const backup = join(scratch(), "backup");
    await tailrace("backup", backup, "--state", state);
    const files = readdirSync(backup, { recursive: true, withFileTypes: true });
    expect(files.length).toBeGreaterThan(5);
    for (const { parentPath, name } of files)
      expect([name, statSync(join(parentPath, name)).mode & 0o077]).toEqual([name, 0]);
  });
});

async function stored(client: ReturnType<typeof clientOf>, id: string) {
  const records: unknown[] = [];
  for await (const record of client.follow(id, { follow: false })) if (isChunk(record)) records.push(record);
  return { records };
}

describe("a backup of a server that does not run", () => {
  it("is the same; a damaged one, an incomplete one and a used folder are refused, each in one line", async () => {
    const own = join(scratch(), "own");
    const first = await startServer({ port: 0, state: own });
    await clientOf(first.url, first.apiKey).setKey("plain", { value: "kept" });
    await first.stop();
    const backup = join(scratch(), "backup");
    expect(await tailrace("backup", backup, "--state", own)).toMatchObject({ code: 0, stderr: "" });
    const copy = await restored(backup);
    expect((await clientOf(copy.url, copy.apiKey).key("plain")).value).toBe("kept");

    expect(await tailrace("backup", backup, "--state", own)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The folder .* is not empty\..*\n$/),
    });
    expect(await tailrace("backup", join(scratch(), "b"), "--state", scratch())).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/has no server's state\..*\n$/),
    });
    expect(await tailrace("restore", backup, "--state", own)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The state folder .* is not empty\..*\n$/),
    });
    const target = join(scratch(), "target");
    const secrets = join(backup, "secrets.json");
    writeFileSync(secrets, readFileSync(secrets, "utf8").replace("tr_", "tr-"));
    expect(await tailrace("restore", backup, "--state", target)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The backup .* is damaged: secrets\.json .*\n$/),
    });
    expect(await tailrace("restore", scratch(), "--state", target)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/is not a complete backup.*\n$/),
    });
    expect(existsSync(target)).toBe(false);
  });
});
