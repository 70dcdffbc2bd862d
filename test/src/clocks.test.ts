import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Buckets } from "../../src/base/bucket.ts";
import { Setbacks } from "../../src/pool/setbacks.ts";
import { eventually } from "./support/eventually.ts";
import { asAdmin, askWith } from "./support/identity.ts";
import { chunks, clientWith, ended, registerActions, TestAgent } from "./support/world.ts";

const HOURS_MS = 2 * 60 * 60 * 1000;
const GRACE_MS = env.LEASE_GRACE_SECONDS * 1000;
const client = clientWith();
const ask = askWith();
const request = { action: "core.local", parameters: { cmd: "true" } };

beforeAll(() => registerActions());
afterEach(() => vi.useRealTimers());

/** From here on, the server's clock is off by this much. */
function jump(ms: number): void {
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
}

/** Work that an agent has begun. */
async function begun() {
  for (const { id } of await client.identity.agents()) await client.identity.revokeAgent(id);
  const agent = await TestAgent.connect("default");
  agent.hello();
  await agent.expect("welcome");
  const { id } = await client.create(request);
  const { token, execution } = await agent.expect("lease");
  const lease = { execution_id: id, epoch: execution.epoch };
  agent.say({ type: "accepted", ...lease });
  await client.start(id, token);
  return { agent, id, token, lease };
}

/** Work whose agent is lost. */
async function lost() {
  const work = await begun();
  work.agent.close();
  const { id } = work;
  const graceOf = () =>
    runInDurableObject(
      env.EXECUTION.getByName(id),
      (_, { storage: { kv } }) => kv.get<{ timers: { lease: number | null } }>("state")?.timers.lease,
    );
  await eventually(async () => expect(await graceOf()).toBeTypeOf("number"));
  return { ...work, graceOf };
}

/** Whether one of an object's sockets has pinged. */
function hasPing(object: DurableObjectStub): Promise<boolean> {
  return runInDurableObject(object, (_, ctx) =>
    ctx.getWebSockets().some((socket) => ctx.getWebSocketAutoResponseTimestamp(socket) !== null),
  );
}

describe("a server's clock that jumps", () => {
  it("keeps an execution's end after its begin, and each status after the one before it", async () => {
    const { id, token } = await begun();
    jump(-HOURS_MS);
    await client.end(id, token, ended(0));
    const { log, start_timestamp, end_timestamp, elapsed_seconds } = await client.get(id);
    const times = log.map(({ timestamp }) => timestamp);
    expect(times).toEqual([...times].sort());
    expect(times[0]).toBe(start_timestamp);
    expect(times.at(-1)).toBe(end_timestamp);
    expect(elapsed_seconds).toBeGreaterThanOrEqual(0);
    expect(elapsed_seconds).toBeLessThan(60);
  });

  it("ahead leaves an absent agent its whole grace time", async () => {
    const { id, token, graceOf } = await lost();
    jump(HOURS_MS);
    await runDurableObjectAlarm(env.EXECUTION.getByName(id));
    expect((await client.get(id)).status).toBe("running");
    expect(await graceOf()).toBe(Date.now() + GRACE_MS);
    await client.append(id, token, chunks(1, "still here\n"));
    await client.end(id, token, ended(1));
    expect((await client.get(id)).status).toBe("succeeded");
  });

  it("ahead extends the wait for an absent agent by one grace time only", async () => {
    const { id } = await lost();
    jump(HOURS_MS);
    await runDurableObjectAlarm(env.EXECUTION.getByName(id));
    jump(HOURS_MS + GRACE_MS + 1_000);
    await runDurableObjectAlarm(env.EXECUTION.getByName(id));
    expect((await client.get(id)).status).toBe("abandoned");
  });

  it("back does not extend the grace time when the pool repeats that the agent is lost", async () => {
    const { id, graceOf } = await lost();
    jump(-HOURS_MS);
    await runDurableObjectAlarm(env.RUNNER_POOL.getByName("default"));
    expect(await graceOf()).toBe(Date.now() + GRACE_MS);
    // The last sign of the agent from before the jump counts once more, and not again.
    for (let graces = 1; graces <= 2; graces++) {
      jump(-HOURS_MS + graces * (GRACE_MS + 1_000));
      await runDurableObjectAlarm(env.EXECUTION.getByName(id));
    }
    expect((await client.get(id)).status).toBe("abandoned");
  });

  it("back does not make a silent agent look present", async () => {
    await begun();
    const pool = env.RUNNER_POOL.getByName("default");
    jump(-HOURS_MS);
    await runDurableObjectAlarm(pool);
    expect(await client.agents()).toHaveLength(1);
    jump(-HOURS_MS + 40_000);
    await runDurableObjectAlarm(pool);
    expect(await client.agents()).toEqual([]);
  });

  it("back does not make an agent that has pinged look silent, however long it is connected", async () => {
    jump(-HOURS_MS);
    const { agent } = await begun();
    jump(0);
    const pool = env.RUNNER_POOL.getByName("default");
    agent.ping();
    await eventually(async () => expect(await hasPing(pool)).toBe(true));
    jump(-5_000);
    await runDurableObjectAlarm(pool);
    expect(await client.agents()).toHaveLength(1);
    expect(agent.closed).toBe(false);
    // That ping counts from the jump on, and once.
    jump(40_000);
    await runDurableObjectAlarm(pool);
    expect(await client.agents()).toEqual([]);
  });

  it("back does not extend the life of a deleted key in the cache", async () => {
    const { id, key } = await client.identity.createApiKey();
    const comeIn = () => ask("/api/v1/user", { headers: { "st2-api-key": key } });
    jump(HOURS_MS);
    expect((await comeIn()).status).toBe(200);
    await env.INDEX.prepare("DELETE FROM api_keys WHERE id = ?").bind(id).run();
    jump(0);
    expect((await comeIn()).status).toBe(401);
    expect((await ask("/api/v1/user", { headers: asAdmin })).status).toBe(200);
  });

  it("back does not refuse new streams of a credential that changed earlier", async () => {
    const credential = env.CREDENTIAL.getByName("key-that-changed");
    const open = () => credential.opened("hub", { read_ms: Date.now(), expires_ms: null, streams_max: 10 });
    jump(HOURS_MS);
    await credential.changed();
    jump(0);
    expect(await open()).toBe("stale");
    jump(1_000);
    expect(await open()).toBe("counted");
  });

  it("back takes no token from a rate limit, and does not extend a setback in the queue", () => {
    const rate = { per_second: 1, burst: 2 };
    const buckets = new Buckets();
    expect(buckets.take("a", rate, HOURS_MS)).toBe(0);
    expect(buckets.take("a", rate, 0)).toBe(0);
    expect(buckets.take("a", rate, 1)).toBe(1);
    const setbacks = new Setbacks();
    setbacks.add("one", HOURS_MS);
    expect(setbacks.ids(HOURS_MS)).toEqual(["one"]);
    expect(setbacks.ids(0)).toEqual([]);
    expect(setbacks.wait_ms(0)).toBeUndefined();
  });
});
