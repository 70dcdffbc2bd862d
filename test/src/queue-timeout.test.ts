import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { CreateExecution } from "../../protocol/model/execution.ts";
import { readAll } from "./support/events.ts";
import { eventually } from "./support/eventually.ts";
import { action, agentIn, newPool } from "./support/pools.ts";
import { clientWith } from "./support/world.ts";

const client = clientWith();
afterEach(() => vi.useRealTimers());

/** Starts an action in a new pool with this queue timeout. */
async function start(queue_timeout_seconds: number, over: Partial<CreateExecution> = {}) {
  const pool = newPool();
  await client.register({ pool, actions: [action("web.deploy")] });
  const { id } = await client.create({ action: "web.deploy", pool, queue_timeout_seconds, ...over });
  return { id, pool };
}

/** Advances the time, and runs an execution's alarm. */
async function later(id: string, seconds: number): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000 });
  await runDurableObjectAlarm(env.EXECUTION.getByName(id));
}

describe("an execution with a queue timeout", () => {
  it("ends as timeout after that time, with the reason, and never runs", async () => {
    const { id, pool } = await start(30);
    await later(id, 29);
    expect((await client.get(id)).status).toBe("requested");
    await later(id, 2);
    const { status, result, log } = await client.get(id);
    const error = `It waited 30 seconds in the queue: pool ${pool} has no agent connected.`;
    expect({ status, result }).toEqual({
      status: "timeout",
      result: { failed: true, succeeded: false, error },
    });
    expect(log.map((change) => change.status)).toEqual(["requested", "timeout"]);
    expect((await readAll(client.follow(id))).at(-1)).toMatchObject({ event: "end", status: "timeout" });
    const agent = await agentIn(pool, ["web"]);
    const { id: next } = await client.create({ action: "web.deploy", pool });
    expect((await agent.expect("lease")).execution.execution_id).toBe(next);
    agent.close();
  });

  it("is not ended once an agent has it, and waits on if that agent never received it", async () => {
    const { id, pool } = await start(30);
    const agent = await agentIn(pool, ["web"]);
    await agent.expect("lease");
    await later(id, 31);
    expect((await client.get(id)).status).toBe("scheduled");
    agent.close();
    await eventually(async () =>
      expect((await client.get(id)).waiting?.reason).toContain("no agent connected"),
    );
    await later(id, 10);
    expect((await client.get(id)).status).toBe("timeout");
  });

  it("runs without that bound after its start", async () => {
    const { id, pool } = await start(30);
    const agent = await agentIn(pool, ["web"]);
    const { token, execution } = await agent.expect("lease");
    agent.say({ type: "accepted", execution_id: id, epoch: execution.epoch });
    await client.start(id, token);
    await later(id, 40);
    expect((await client.get(id)).status).toBe("running");
    agent.close();
  });

  it("starts to count when its delay is over", async () => {
    const { id } = await start(30, { delay: 60_000 });
    await later(id, 61);
    expect((await client.get(id)).status).toBe("requested");
    await later(id, 31);
    expect((await client.get(id)).status).toBe("timeout");
  });
});
