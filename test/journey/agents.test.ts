import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { markedProcesses } from "../../agent/process/table.ts";
import { runCommandLine, userEnvironment } from "../support/command-line.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { spoolFolder } from "../support/spool.ts";
import { afterTest, scratch, startWorld, TestAgent, until, type World } from "../support/world.ts";

let world: World;
/** An agent of another pool. */
let other: TestAgent;
let otherKey: string;

beforeAll(async () => {
  world = await startWorld();
  ({ key: otherKey } = await world.client.createKey({ user: "agent", role: "agent", pool: "other" }));
  other = await new TestAgent(world.server.url, otherKey).start().ready();
});
afterAll(async () => {
  await other?.stop();
  await world?.stop();
});

const NO_KEY = "";

function idOf({ state }: TestAgent): string {
  return JSON.parse(readFileSync(join(state, "identity.json"), "utf8")).id;
}

/** The log and the exit code of an agent that cannot start. */
async function refused(key: string, args: string[] = [], state: string = scratch()) {
  const agent = new TestAgent(world.server.url, key, args, state).start();
  afterTest(() => agent.stop("SIGKILL"));
  const code = await agent.exited();
  return { code, log: agent.log };
}

/** A run that writes a line and waits until it is told to end. */
async function waiting(name: string, pool = "default") {
  const end = join(scratch(), name);
  const cmd = `echo begun; until [ -e ${end} ]; do sleep 0.05; done; echo ended`;
  const { id } = await world.client.create({ action: "core.local", parameters: { cmd }, pool });
  await until("it has begun", async () => (await world.client.get(id)).output?.last_seq === 1);
  return { id, end: () => writeFileSync(end, "") };
}

async function outcome(id: string) {
  const output = await (await world.client.output(id)).text();
  const { status, result } = await world.client.get(id);
  return { status, output, error: result?.error };
}

describe("an agent that is started with", () => {
  it("an administrator's key or a user's key is refused with the reason", async () => {
    for (const key of [
      world.server.apiKey,
      (await world.client.createKey({ user: "ada", role: "admin" })).key,
      (await world.client.identity.createApiKey({ user: "uma" })).key,
    ]) {
      const { code, log } = await refused(key);
      expect(code).toBe(1);
      expect(log).toMatch(/The agent may not register: This is an administrator's key\. An agent needs/);
      expect(log).toContain("tailrace apikey create --user agent --role agent --pool NAME");
      expect(log).not.toContain(key);
    }
  });

  it("an unknown key or no key is refused", async () => {
    expect(await refused("tr_nonsense")).toMatchObject({
      code: 1,
      log: expect.stringContaining("The agent may not register: Unauthorized"),
    });
    expect(await refused(NO_KEY)).toMatchObject({
      code: 2,
      log: expect.stringContaining("TAILRACE_API_KEY is not set: the agent registers with the pool's key"),
    });
  });

  it("another pool's key, or another pool's identity, is refused", async () => {
    expect(await refused(otherKey, ["--pool", "default"])).toMatchObject({
      code: 1,
      log: expect.stringContaining('The key is for the pool "other", not for "default".'),
    });
    const state = scratch();
    cpSync(join(other.state, "identity.json"), join(state, "identity.json"));
    expect(await refused(otherKey, ["--pool", "default"], state)).toMatchObject({
      code: 2,
      log: expect.stringContaining('belongs to an agent of the pool "other"'),
    });
  });

  it("another agent's lease in its spool gets it voided, and the run goes on at its own agent", async () => {
    const run = await waiting("kept");
    const state = scratch();
    const folder = basename(spoolFolder(world.agent.state, run.id));
    mkdirSync(join(state, "spool"));
    cpSync(join(world.agent.state, "spool", folder), join(state, "spool", folder), { recursive: true });
    const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "default" });
    // On another host it would find no process. Here it would end the other agent's process.
    writeFileSync(
      join(state, "spool", folder, "end.json"),
      JSON.stringify({ status: "failed", exit_code: 1, result: { failed: true } }),
    );
    for (const pool_key of [key, otherKey]) {
      const copy = join(scratch(), "state");
      cpSync(state, copy, { recursive: true });
      const thief = await new TestAgent(world.server.url, pool_key, ["--slots", "1"], copy).start().ready();
      afterTest(() => thief.stop());
      await until("it has given the lease up", () => thief.log.includes(`execution ${run.id}: given up`));
      expect(existsSync(join(copy, "spool", folder))).toBe(false);
      await thief.stop();
    }
    run.end();
    expect(await outcome(run.id)).toMatchObject({ status: "succeeded", output: "begun\nended\n" });
  });
});

describe("an agent's identity", () => {
  it("is in its state folder, readable by its owner only, and is enough for later starts", async () => {
    const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "third" });
    const state = join(scratch(), "state");
    const first = await new TestAgent(world.server.url, key, [], state).start().ready();
    afterTest(() => first.stop());
    const id = idOf(first);
    expect(first.log).toContain(`registered as agent ${id} of the pool third`);
    expect(statSync(join(state, "identity.json")).mode & 0o777).toBe(0o600);
    expect(first.log).not.toContain("not encrypted");
    await first.stop();
    const again = await new TestAgent(world.server.url, NO_KEY, [], state).start().ready();
    afterTest(() => again.stop());
    expect(again.log).not.toContain("registered as");
    expect(await world.client.agents("third")).toMatchObject([{ id }]);
    // An identity takes precedence over an administrator's key.
    await again.stop();
    const third = await new TestAgent(world.server.url, world.server.apiKey, [], state).start().ready();
    afterTest(() => third.stop());
    expect(await world.client.agents("third")).toMatchObject([{ id }]);
  });

  it("that is revoked during a run ends the run with its processes, and the agent registers again with its key", async () => {
    const id = idOf(world.agent);
    const run = await waiting("never");
    expect(markedProcesses(run.id).length).toBeGreaterThan(0);
    const env = userEnvironment(world);
    const listed = await runCommandLine(["agent", "list"], { env });
    expect(listed.stdout).toContain(id);
    expect(listed.stdout).toMatch(/1 of 64/);
    const json = JSON.parse((await runCommandLine(["agent", "list", "--json"], { env })).stdout);
    expect(json).toContainEqual(
      expect.objectContaining({ id, name: "test", pool: "default", busy: 1, connected: true, labels: {} }),
    );
    expect(json.map(({ pool }: { pool: string }) => pool)).toContain("other");
    const revoked = await runCommandLine(["agent", "revoke", id], { env });
    expect(revoked).toMatchObject({ code: 0, stdout: expect.stringContaining(`${id} is revoked`) });
    expect(await outcome(run.id)).toMatchObject({
      status: "abandoned",
      error: 'The agent "test" was revoked while it ran the action.',
    });
    await until("nothing of it is left", () => markedProcesses(run.id).length === 0);
    await until(
      "it registers again",
      () => existsSync(join(world.agent.state, "identity.json")) && idOf(world.agent) !== id,
    );
    expect(world.agent.log).toContain(`The agent ${id} is revoked): registering again`);
    const { id: next } = await world.client.create({
      action: "core.local",
      parameters: { cmd: "echo again" },
    });
    expect(await outcome(next)).toMatchObject({ status: "succeeded", output: "again\n" });
    const gone = await runCommandLine(["agent", "revoke", "0".repeat(24)], { env });
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining("agent_not_found") });
  });

  it("that is revoked ends an agent without a key, with the reason", async () => {
    const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "fourth" });
    const state = join(scratch(), "state");
    const first = await new TestAgent(world.server.url, key, [], state).start().ready();
    await first.stop();
    const agent = await new TestAgent(world.server.url, NO_KEY, [], state).start().ready();
    afterTest(() => agent.stop("SIGKILL"));
    await world.client.identity.revokeAgent(idOf(agent));
    expect(await agent.exited()).toBe(1);
    expect(agent.log).toContain("is revoked)");
    expect(agent.log).toContain("is not set: the agent registers with the pool's key");
  });
});

describe("an agent whose state folder cannot be written", () => {
  it("registers when it becomes writable", async () => {
    const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "unwritten" });
    const state = scratch();
    const obstacle = join(state, "identity.json.new");
    mkdirSync(obstacle);
    const agent = new TestAgent(world.server.url, key, [], state).start();
    afterTest(() => agent.stop());
    await until("it has tried twice", () => (agent.log.match(/no connection .*EISDIR/g) ?? []).length > 1);
    expect(await world.client.identity.agents("unwritten")).toEqual([]);
    rmSync(obstacle, { recursive: true });
    await agent.ready();
    expect(await world.client.identity.agents("unwritten")).toMatchObject([{ id: idOf(agent) }]);
  });

  it("keeps the identity of a completed registration, and registers no other", async () => {
    const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "unkept" });
    const proxy = await FaultyProxy.before(world.server.url);
    afterTest(() => proxy.close());
    proxy.page = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const agent = new TestAgent(proxy.url, key).start();
    afterTest(() => agent.stop());
    await until("it has tried to register", () => agent.log.includes("no connection to the pool (HTTP 503"));
    const obstacle = join(agent.state, "identity.json");
    mkdirSync(join(obstacle, "full"), { recursive: true });
    proxy.page = undefined;
    await until("it has tried twice", () => (agent.log.match(/no connection .*rename/g) ?? []).length > 1);
    rmSync(obstacle, { recursive: true });
    await agent.ready();
    expect(await world.client.identity.agents("unkept")).toMatchObject([{ id: idOf(agent) }]);
  });
});

it("an agent whose registration is invalid ends with the server's reason", async () => {
  const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "strict" });
  const proxy = await FaultyProxy.before(world.server.url);
  afterTest(() => proxy.close());
  const said = JSON.stringify({ faultstring: "name: too plain.", code: "invalid" });
  proxy.page = `HTTP/1.1 400 Bad Request\r\ncontent-length: ${said.length}\r\nconnection: close\r\n\r\n${said}`;
  const agent = new TestAgent(proxy.url, key).start();
  afterTest(() => agent.stop("SIGKILL"));
  expect(await agent.exited()).toBe(1);
  expect(agent.log).toContain("The agent may not register: name: too plain.");
});

describe("an agent behind a proxy", () => {
  it.each(["401 Unauthorized", "403 Forbidden", "404 Not Found"])(
    "that answers %s instead of the server keeps its identity and its run",
    async (status) => {
      const pool = `behind-${status.slice(0, 3)}`;
      const { key } = await world.client.createKey({ user: "agent", role: "agent", pool });
      const proxy = await FaultyProxy.before(world.server.url);
      afterTest(() => proxy.close());
      const agent = await new TestAgent(proxy.url, key).start().ready();
      afterTest(() => agent.stop());
      const id = idOf(agent);
      const run = await waiting(pool, pool);
      proxy.page = `HTTP/1.1 ${status}\r\ncontent-length: 9\r\nconnection: close\r\n\r\nNot here.`;
      proxy.mend();
      run.end();
      const said = `HTTP ${status.slice(0, 3)}, not from Tailrace: "Not here."`;
      await until("its link meets the page", () => agent.log.includes(`no connection to the pool (${said}`));
      await until("its run meets the page", () => agent.log.includes(`output waits in the spool: ${said}`));
      proxy.page = undefined;
      expect(await outcome(run.id)).toMatchObject({ status: "succeeded", output: "begun\nended\n" });
      const connected = await until(
        "it is connected again",
        async () => (await world.client.agents(pool))[0],
      );
      expect(connected.id).toBe(id);
      expect(idOf(agent)).toBe(id);
    },
  );
});

it("an agent warns of an unencrypted connection to another host", async () => {
  const agent = new TestAgent("http://tailrace.invalid", "tr_x").start();
  afterTest(() => agent.stop("SIGKILL"));
  await until("it warns", () =>
    agent.log.includes("http://tailrace.invalid is on another host and not encrypted"),
  );
});
