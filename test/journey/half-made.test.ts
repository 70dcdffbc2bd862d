import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TailraceError } from "../../protocol/base/errors.ts";
import type { Client } from "../../protocol/client/client.ts";
import { receive, sha256 } from "../support/reader.ts";
import { ServerProcess } from "../support/server-process.ts";
import { tree } from "../support/tree.ts";
import { afterTest, scratch, TestAgent, until } from "../support/world.ts";

/** An action that every agent has. */
const REQUEST = { action: "core.local", parameters: { cmd: "true" } };

/** The file that the chain's first task waits for. */
const opened = join(scratch(), "opened");
const packs = tree({
  "flow/pack.yaml": "name: flow\n",
  "flow/actions/two.yaml": "name: two\nrunner_type: action-chain\nentry_point: chains/two.yaml\n",
  "flow/actions/chains/two.yaml": `
chain:
  - name: one
    ref: core.local
    params: {cmd: "echo one; until [ -e ${opened} ]; do sleep 0.05; done"}
    on-success: two
  - name: two
    ref: core.local
    params: {cmd: echo two}
`,
});

/** A server without agents that knows the actions of an agent's packs, so that executions wait. */
async function serverWithActions(): Promise<ServerProcess> {
  const server = await new ServerProcess(scratch()).start();
  const { key } = await server.client.createKey({ user: "agent", role: "agent", pool: "default" });
  const agent = new TestAgent(server.url, key);
  afterTest(() => agent.stop());
  await agent.start().ready();
  await agent.stop();
  return server;
}

/** The listed executions that do not exist. */
async function missing(client: Client): Promise<string[]> {
  const listed = await client.list({ limit: 100 });
  const found = await Promise.all(
    listed.map(({ id }) =>
      client.get(id).catch((error: unknown) => {
        if (error instanceof TailraceError && error.status === 404) return undefined;
        throw error;
      }),
    ),
  );
  return listed.filter((_, at) => found[at] === undefined).map(({ id }) => id);
}

describe("a server that is killed while it creates executions", { timeout: 120_000 }, () => {
  it("does not list a creation after its restart that had only reached the index", async () => {
    const server = await serverWithActions();
    const whole = await server.client.create(REQUEST);
    await server.index({ seed: 1, answer_delay_ms: 600_000, statements: "INSERT INTO executions" });
    const unanswered = server.client.create(REQUEST).catch((error: unknown) => error);
    const half = await until("the index has its row", async () =>
      (await server.client.list()).find(({ id }) => id !== whole.id),
    );
    await server.kill();
    expect(await unanswered).toBeInstanceOf(TypeError);
    await server.start();
    await until("it is undone", async () => !(await server.client.list()).some(({ id }) => id === half.id));
    expect((await server.client.get("last")).id).toBe(whole.id);
    await expect(server.client.get(half.id)).rejects.toMatchObject({ code: "execution_not_found" });
    const [entry] = await server.client.identity.audit({ resource: `execution:${half.id}` });
    expect(entry).toMatchObject({ action: "execution.run", outcome: "failed" });
  });

  it("creates a half-made task of a chain again, once", async () => {
    const server = await new ServerProcess(scratch()).start();
    const { key } = await server.client.createKey({ user: "agent", role: "agent", pool: "default" });
    const agent = new TestAgent(server.url, key, ["--packs", packs]);
    afterTest(() => agent.stop());
    await agent.start().ready();
    const { id } = await server.client.create({ action: "flow.two" });
    await until("the first task runs", async () => ((await server.client.get(id)).output?.last_seq ?? 0) > 0);
    await server.index({ seed: 1, answer_delay_ms: 600_000, statements: "INSERT INTO executions" });
    writeFileSync(opened, "");
    await until("the index has the second task", async () => (await server.client.list()).length === 3);
    await server.kill();
    await server.start();
    const { end, gaps, sha256: digest } = await receive(server.client, id);
    expect({ end, gaps, digest }).toMatchObject({
      end: { status: "succeeded" },
      gaps: [],
      digest: sha256("one\ntwo\n"),
    });
    await until("the list has each once, and its end", async () => {
      const all = await server.client.list({ limit: 100 });
      return all.length === 3 && all.every(({ status }) => status === "succeeded");
    });
    expect(await missing(server.client)).toEqual([]);
  });

  it("has every confirmed execution after its restart, and lists no missing one", async () => {
    const server = await serverWithActions();
    const confirmed: string[] = [];
    for (const [round, kill_at] of [1, 15].entries()) {
      const { client } = server;
      let answers = 0;
      const enough = Promise.withResolvers<void>();
      const creating = Array.from({ length: 40 }, async () => {
        const { id } = await client.create(REQUEST);
        confirmed.push(id);
        if (++answers === kill_at) enough.resolve();
      });
      const settled = Promise.allSettled(creating);
      await enough.promise;
      await server.kill();
      await settled;
      await server.start();
      await until(`nothing is half made after round ${round}`, async () => {
        const gone = await missing(server.client);
        return gone.length === 0;
      });
    }
    for (const id of confirmed) expect((await server.client.get(id)).status).toBe("requested");
    const last = await server.client.get("last");
    expect(last.id >= (confirmed.toSorted().at(-1) ?? "")).toBe(true);
  });
});
