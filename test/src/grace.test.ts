import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { executionStub } from "../../src/objects/execution.ts";
import { readAll } from "./support/events.ts";
import { eventually } from "./support/eventually.ts";
import { action, agentIn, limit, newPool } from "./support/pools.ts";
import { clientWith, ended, holderOf, registerActions, type TestAgent } from "./support/world.ts";

const client = clientWith();
const STEP_MS = 5_000;

beforeAll(() => registerActions());
afterEach(() => vi.useRealTimers());

/** Work that the only agent of a pool has begun. */
async function begun(): Promise<{ pool: string; agent: TestAgent; id: string; token: string }> {
  const pool = newPool();
  await client.register({ pool, actions: [action("web.deploy")] });
  const agent = await agentIn(pool, ["web"]);
  const { id } = await client.create({ action: "web.deploy", pool });
  const { token, execution } = await agent.expect("lease");
  agent.say({ type: "accepted", execution_id: id, epoch: execution.epoch });
  await client.start(id, token);
  return { pool, agent, id, token };
}

/** Ends the agent's connection, and waits until its pool knows. */
async function leave(agent: TestAgent, pool: string): Promise<void> {
  agent.close();
  await eventually(async () => expect(await client.agents(pool)).toEqual([]));
}

/** Reports an agent's loss to its execution too late: the agent is back already. Returns the time. */
async function lostTooLate(id: string, token: string): Promise<number> {
  const lost_ms = Date.now();
  await executionStub(env, id).agentLost(holderOf(token), lost_ms);
  return lost_ms;
}

/** Moves the time, and runs the alarms that are due by then. */
async function at(now_ms: number, { pool, id }: { pool: string; id: string }): Promise<string> {
  vi.useFakeTimers({ toFake: ["Date"], now: now_ms });
  await runDurableObjectAlarm(env.RUNNER_POOL.getByName(pool));
  await runDurableObjectAlarm(env.EXECUTION.getByName(id));
  return (await client.get(id)).status;
}

describe("the execution of a lost agent", () => {
  it.each(
    [5, 20, 120].flatMap((grace) => [
      { grace, watched: false },
      { grace, watched: true },
    ]),
  )(
    "is abandoned within $grace s of grace and 20 s, and not before (watched: $watched)",
    async ({ grace, watched }) => {
      await limit({ LEASE_GRACE_SECONDS: grace });
      const { agent, pool, id } = await begun();
      const following = watched ? readAll(client.follow(id)) : undefined;
      await leave(agent, pool);
      const lost_ms = Date.now();
      let abandoned_ms: number | undefined;
      for (
        let after_ms = 0;
        abandoned_ms === undefined && after_ms <= grace * 1000 + 20_000;
        after_ms += STEP_MS
      ) {
        // The pool repeats the loss at each of its alarms.
        if ((await at(lost_ms + after_ms, { pool, id })) === "abandoned") abandoned_ms = after_ms;
      }
      expect(abandoned_ms).toBeGreaterThanOrEqual(grace * 1000 - STEP_MS);
      expect((await (following ?? readAll(client.follow(id)))).slice(-2)).toMatchObject([
        { gap: { reason: "agent_lost", bytes: null } },
        { event: "end", status: "abandoned" },
      ]);
    },
  );

  it("goes on while its pool hears the agent, even if no request of it arrives for longer than the grace time", async () => {
    await limit({ LEASE_GRACE_SECONDS: 5 });
    const { agent, pool, id, token } = await begun();
    // The message that the agent is back is lost: the execution still takes it for lost.
    await executionStub(env, id).agentLost(holderOf(token), Date.now());
    const lost_ms = Date.now();
    for (const after_ms of [5_000, 10_000])
      expect(await at(lost_ms + after_ms, { pool, id })).toBe("running");
    await client.end(id, token, ended(0));
    expect((await client.get(id)).status).toBe("succeeded");
    agent.close();
  });

  it("gets its whole grace time from its last loss, after a loss that became known too late", async () => {
    await limit({ LEASE_GRACE_SECONDS: 5 });
    const { agent, pool, id, token } = await begun();
    const lost_ms = await lostTooLate(id, token);
    vi.useFakeTimers({ toFake: ["Date"], now: lost_ms + 4_000 });
    await leave(agent, pool);
    expect(await at(lost_ms + 5_500, { pool, id })).toBe("running");
    expect(await at(lost_ms + 8_500, { pool, id })).toBe("running");
    expect(await at(lost_ms + 9_500, { pool, id })).toBe("abandoned");
  });

  it("gets its whole grace time after a restart of the server, if its pool has confirmed that the agent was there", async () => {
    await limit({ LEASE_GRACE_SECONDS: 5 });
    const { agent, pool, id, token } = await begun();
    const lost_ms = await lostTooLate(id, token);
    expect(await at(lost_ms + 5_500, { pool, id })).toBe("running");
    // After a restart the pool does not know when it last heard the agent.
    await evictDurableObject(env.RUNNER_POOL.getByName(pool), { webSockets: "close" });
    for (const after_ms of [9_000, 11_000, 13_500])
      expect(await at(lost_ms + after_ms, { pool, id })).toBe("running");
    expect(await at(lost_ms + 14_500, { pool, id })).toBe("abandoned");
    agent.close();
  });

  it("gets a new grace time if the server was away when the first one ended, as it could not hear the agent", async () => {
    await limit({ LEASE_GRACE_SECONDS: 5 });
    const { agent, pool, id } = await begun();
    await leave(agent, pool);
    const back_ms = Date.now() + 60_000;
    expect(await at(back_ms, { pool, id })).toBe("running");
    const again = await agent.again();
    again.hello({ leases: [{ execution_id: id, epoch: 1 }] });
    await again.expect("welcome");
    const { token } = await again.expect("resume");
    expect(await at(back_ms + 6_000, { pool, id })).toBe("running");
    await client.end(id, token, ended(0));
    again.close();
  });
});
