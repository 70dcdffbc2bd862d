import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import { TailraceError } from "../../protocol/base/errors.ts";
import type { Client } from "../../protocol/client/client.ts";
import { linesText, lineWriter } from "../support/programs.ts";
import { receive, sha256 } from "../support/reader.ts";
import { clientOf, ROOT, scratch, TestAgent, until } from "../support/world.ts";

const ENTRY = resolve(ROOT, "test/faults/world/faulty-worker.ts");
const SLOTS = 3;
const TRANSPORTS = ["websocket", "sse", "ndjson"] as const;

let server: Server;
let client: Client;
let agent: TestAgent;

beforeAll(async () => {
  server = await startServer({ port: 0, state: scratch(), entry: ENTRY });
  client = clientOf(server.url, server.apiKey);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  agent = await new TestAgent(server.url, key, ["--slots", String(SLOTS)]).start().ready();
});

afterAll(async () => {
  await agent.stop();
  await server.stop();
});

/** Makes the index fail like this from here on; without an argument, no more. */
async function index(faults?: object): Promise<void> {
  const init = faults
    ? { method: "PUT", body: JSON.stringify({ seed: 1, ...faults }) }
    : { method: "DELETE" };
  await fetch(`${server.url}/faults/index`, init);
}

function run(cmd: string): Promise<{ id: string }> {
  return client.create({ action: "core.local", parameters: { cmd, timeout: 120 } });
}

/** The status in the list, which is the index's. */
async function listed(id: string): Promise<string | undefined> {
  return (await client.list({ limit: 50 })).find((execution) => execution.id === id)?.status;
}

describe("an index that is unavailable", () => {
  it("does not disturb runs and their readers, and gets the end when it is back", async () => {
    const { cmd, stop } = lineWriter("away", { lines: 10_000, every_ms: 2 });
    const { id } = await run(cmd);
    const followers = TRANSPORTS.map((transport) => receive(client, id, { transport }));
    await until("it runs", async () => (await listed(id)) === "running");
    await index({ fail_before: 1 });
    const seen = (await client.get(id)).output?.last_seq ?? 0;
    await until("output goes on", async () => ((await client.get(id)).output?.last_seq ?? 0) > seen + 20);
    stop();
    const received = await Promise.all(followers);
    const lines = linesText(10_000).slice(0, received[0]?.bytes);
    for (const one of received)
      expect(one).toMatchObject({
        sha256: sha256(lines),
        dense: true,
        gaps: [],
        end: { status: "succeeded" },
      });
    await index();
    await until("the list has its end", async () => (await listed(id)) === "succeeded");
  });

  it("is reported by every route that needs it, with a code, and no change is half made", async () => {
    const { id } = await run("true");
    await receive(client, id);
    const before = await client.list();
    await index({ fail_before: 1 });
    try {
      const asked: [string, string, unknown?][] = [
        ["GET", "/api/v1/executions"],
        ["GET", "/api/v1/executions/last"],
        ["GET", "/api/v1/executions/views/filters"],
        ["GET", "/api/v1/actions"],
        ["GET", "/api/v1/packs"],
        ["GET", "/api/v1/keys"],
        ["GET", "/api/v1/apikeys"],
        ["GET", "/api/v1/agents"],
        ["GET", "/api/v1/users"],
        ["GET", "/api/v1/rbac/roles"],
        ["GET", "/api/v1/audit"],
        ["POST", "/api/v1/executions", { action: "core.local", parameters: { cmd: "true" } }],
        ["POST", `/api/v1/executions/${id}/re_run`, {}],
        ["POST", "/api/v1/apikeys", { user: "ann", role: "admin" }],
        ["POST", "/api/v1/users", { name: "ann", password: "correct horse battery" }],
        ["PUT", "/api/v1/keys/colour", { name: "colour", value: "green" }],
      ];
      for (const [method, path, body] of asked) {
        const response = await fetch(server.url + path, {
          method,
          headers: { "st2-api-key": server.apiKey, "content-type": "application/json" },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const { code } = (await response.json()) as { code: string };
        expect([path, response.status, code]).toEqual([
          path,
          503,
          expect.stringMatching(/^(index_)?unavailable$/),
        ]);
        expect(response.headers.get("retry-after")).toBe("1");
      }
      // The objects answer without the index.
      expect(await client.get(id)).toMatchObject({ id, status: "succeeded" });
    } finally {
      await index();
    }
    expect(await client.list()).toEqual(before);
    expect((await client.identity.users()).map(({ name }) => name)).not.toContain("ann");
  });

  it("loses its answers, and each execution is created once or not at all", async () => {
    const before = (await client.list({ limit: 100 })).map(({ id }) => id);
    await index({ fail_after: 0.5, statements: "INSERT INTO executions" });
    const made: string[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        try {
          made.push((await run("true")).id);
        } catch (error) {
          expect(error).toBeInstanceOf(TailraceError);
          expect(error).toMatchObject({ code: "unavailable" });
        }
      }),
    );
    await index();
    expect(made.length).toBeGreaterThan(0);
    expect(made.length).toBeLessThan(20);
    for (const id of made) expect(await receive(client, id)).toMatchObject({ end: { status: "succeeded" } });
    await until("the list has what was made and nothing else", async () => {
      const now = (await client.list({ limit: 100 })).map(({ id }) => id);
      return JSON.stringify(now.toSorted()) === JSON.stringify([...before, ...made].toSorted());
    });
  });
});

describe("an index that fails while a user is deleted", () => {
  async function withKey(name: string): Promise<Client> {
    await client.identity.createUser({ name, password: "correct horse battery staple" });
    const { key } = await client.createKey({ user: name, role: "admin" });
    return clientOf(server.url, key);
  }

  it("keeps the user with all credentials", async () => {
    const ann = await withKey("ann");
    await index({ fail_before: 1, statements: "DELETE FROM tokens" });
    await expect(client.identity.deleteUser("ann")).rejects.toMatchObject({ code: "index_unavailable" });
    await index();
    expect(await ann.user()).toMatchObject({ username: "ann" });
    await client.identity.deleteUser("ann");
    await expect(ann.user()).rejects.toMatchObject({ code: "unauthorized" });
  });

  it("ends the user's streams if it has deleted the user and its answer is lost", async () => {
    const bob = await withKey("bob");
    const gate = join(scratch(), "gate");
    const { id } = await run(`echo begun; while [ ! -e ${gate} ]; do sleep 0.05; done`);
    const reading = bob.follow(id)[Symbol.asyncIterator]();
    await reading.next();
    await index({ fail_after: 1, statements: "DELETE FROM tokens" });
    await expect(client.identity.deleteUser("bob")).rejects.toMatchObject({ code: "index_unavailable" });
    await index();
    const rest = async () => {
      while (!(await reading.next()).done);
    };
    await expect(rest()).rejects.toMatchObject({ code: "unauthorized" });
    writeFileSync(gate, "");
    expect(await receive(client, id)).toMatchObject({ end: { status: "succeeded" } });
  });
});

describe("an index that is slow", () => {
  it("delays neither readers, nor the end of a run, nor the release of its slot", async () => {
    const gate = join(scratch(), "gate");
    const cmd = `echo begun; while [ ! -e ${gate} ]; do sleep 0.05; done`;
    const busy = await Promise.all(Array.from({ length: SLOTS }, () => run(cmd)));
    const next = await run("echo next");
    await until("all slots are taken", async () => (await client.agents())[0]?.busy === SLOTS);
    await index({ delay_ms: 600_000, statements: "INSERT INTO executions" });
    writeFileSync(gate, "");
    const ends = await Promise.all([...busy, next].map(({ id }) => receive(client, id)));
    for (const received of ends) expect(received).toMatchObject({ end: { status: "succeeded" } });
    expect(await listed(next.id)).not.toBe("succeeded");
    await index();
    await until("the list has every end", async () => {
      const all = await client.list({ limit: 100 });
      return all.every(({ status }) => status === "succeeded");
    });
  });
});
