import { describe, expect, it } from "vitest";
import type { Client } from "../../protocol/client.ts";
import { TailraceError } from "../../protocol/errors.ts";
import { ServerProcess } from "../support/server-process.ts";
import { afterTest, scratch, TestAgent, until } from "../support/world.ts";

/** An action that needs no agent of a pack. */
const REQUEST = { action: "core.local", parameters: { cmd: "true" } };

/** A server that is killed, and the pack of an agent that has gone again: what is created waits. */
async function serverWithActions(): Promise<ServerProcess> {
  const server = await new ServerProcess(scratch()).start();
  const { key } = await server.client.createKey({ user: "agent", role: "agent", pool: "default" });
  const agent = new TestAgent(server.url, key);
  afterTest(() => agent.stop());
  await agent.start().ready();
  await agent.stop();
  return server;
}

/** What is listed and is not there. */
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

describe("a server that is killed while it creates executions", () => {
  it("lists nothing, once it is back, whose creation had not come further than the index", async () => {
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

  it("has, once it is back, all that it confirmed and nothing that is not there", async () => {
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
