import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { EventHub } from "../../src/hub/hub.ts";
import { readAll } from "./support/events.ts";
import { eventually } from "./support/eventually.ts";
import {
  announcedPacks,
  chunks,
  clientWith,
  ended,
  PACKS,
  registerActions,
  TestAgent,
} from "./support/world.ts";

const client = clientWith();
const request = { action: "core.local", parameters: { cmd: "true" } };
const pool = () => env.RUNNER_POOL.getByName("default");

beforeAll(() => registerActions());

let agent: TestAgent;
beforeEach(async () => {
  agent = await TestAgent.connect("default");
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  agent.close();
  // The next test begins without other agents and without waiting executions.
  await eventually(async () => expect(await client.agents()).toEqual([]));
  for (const { id } of await client.identity.agents("default")) await client.identity.revokeAgent(id);
});

async function hello(over: Record<string, unknown> = {}): Promise<void> {
  agent.hello(over);
  await agent.expect("welcome");
}

/** Creates an execution and takes its lease. */
async function lease(accept = true) {
  const { id } = await client.create(request);
  const { token, execution } = await agent.expect("lease");
  expect(execution.execution_id).toBe(id);
  if (accept) {
    agent.say({ type: "accepted", execution_id: id, epoch: execution.epoch });
    await client.start(id, token);
  }
  return { id, token, epoch: execution.epoch };
}

/** The same agent on a new connection, with these leases. */
async function comeBack(leases: { execution_id: string; epoch: number }[]): Promise<TestAgent> {
  agent = await agent.again();
  agent.hello({ leases });
  await agent.expect("welcome");
  return agent;
}

describe("the runner pool", () => {
  it("keeps executions until an agent with the runner and a free slot comes, oldest first", async () => {
    const first = await client.create(request);
    const second = await client.create(request);
    expect((await client.get(first.id)).status).toBe("requested");
    await hello({ slots: 1 });
    const given = await agent.expect("lease");
    expect(given.execution).toMatchObject({
      execution_id: first.id,
      epoch: 1,
      runner_parameters: { cmd: "true", timeout: 60 },
    });
    agent.say({ type: "accepted", execution_id: first.id, epoch: 1 });
    expect((await client.get(second.id)).status).toBe("requested");
    await client.start(first.id, given.token);
    await client.end(first.id, given.token, ended(0));
    const next = await agent.expect("lease");
    expect(next.execution.execution_id).toBe(second.id);
    agent.say({ type: "accepted", execution_id: second.id, epoch: 1 });
    await client.start(second.id, next.token);
    expect(await client.agents()).toMatchObject([{ id: agent.id, busy: 1, slots: 1, connected: true }]);
    await client.end(second.id, next.token, ended(0));
  });

  it("tells the agent at once of a cancel, and again if it missed that", async () => {
    await hello();
    const { id, token, epoch } = await lease();
    expect(await client.cancel(id)).toMatchObject({ status: "canceling" });
    expect(await agent.expect("cancel")).toMatchObject({ execution_id: id, epoch });
    expect(await client.append(id, token, chunks(1, "x"))).toMatchObject({ cancel: true });
    const again = await comeBack([{ execution_id: id, epoch }]);
    expect(await again.expect("resume")).toMatchObject({ execution_id: id, epoch });
    expect(await again.expect("cancel")).toMatchObject({ execution_id: id });
    await client.end(id, token, { ...ended(1), status: "canceled", exit_code: null });
    expect(await client.get(id)).toMatchObject({
      status: "canceled",
      result: { message: "Action canceled by user.", user: "admin" },
    });
  });

  it("cancels a waiting execution at once", async () => {
    const { id } = await client.create(request);
    expect(await client.cancel(id)).toMatchObject({ status: "canceled" });
    await hello();
    const { id: other } = await lease();
    expect(other).not.toBe(id);
  });

  it("cancels an execution that its agent never received, also while other agents cannot be told", async () => {
    await hello();
    const { id } = await lease(false);
    agent.close();
    await eventually(async () => expect(await client.agents()).toEqual([]));
    vi.spyOn(EventHub.prototype, "publish").mockRejectedValueOnce(new Error("away"));
    await client.cancel(id);
    await eventually(async () => expect((await client.get(id)).status).toBe("canceled"));
  });

  it("gives an execution that its agent never received to another agent, under a new epoch", async () => {
    await hello();
    const { id, token } = await lease(false);
    agent.close();
    const other = await TestAgent.connect("default");
    other.hello();
    await other.expect("welcome");
    const given = await other.expect("lease");
    expect(given.execution).toMatchObject({ execution_id: id, epoch: 2 });
    await expect(client.append(id, token, chunks(1, "zombie"))).rejects.toMatchObject({ code: "lease_lost" });
    await client.append(id, given.token, chunks(1, "fresh"));
    await client.end(id, given.token, ended(1));
    other.close();
  });

  it("gives an execution away once, also if its agent's acceptance is lost", async () => {
    await hello();
    const { id, token, epoch } = await lease(false);
    await client.start(id, token);
    agent.close();
    await eventually(async () => expect(await client.agents()).toEqual([]));
    const other = await TestAgent.connect("default");
    other.hello({ slots: 1 });
    await other.expect("welcome");
    const next = await client.create(request);
    expect((await other.expect("lease")).execution.execution_id).toBe(next.id);
    other.close();
    await eventually(async () => expect(await client.agents()).toEqual([]));
    const again = await comeBack([{ execution_id: id, epoch }]);
    const { token: renewed } = await again.expect("resume");
    await client.append(id, renewed, chunks(1, "still mine\n"));
    await client.end(id, renewed, ended(1));
    expect((await client.get(id)).status).toBe("succeeded");
    await client.cancel(next.id);
  });

  /** Makes the pool treat the execution as one without an agent. */
  async function forgetAgent(id: string): Promise<void> {
    await runInDurableObject(pool(), (_, { storage }) => {
      storage.sql.exec("UPDATE queue SET agent_id = NULL, phase = 'waiting' WHERE execution_id = ?", id);
    });
    await evictDurableObject(pool(), { webSockets: "hibernate" });
  }

  it("counts the slot of a lease that an agent brings back, also if the pool has returned it to the queue", async () => {
    await hello({ slots: 1 });
    const { id, epoch } = await lease();
    agent.close();
    await eventually(async () => expect(await client.agents()).toEqual([]));
    await forgetAgent(id);
    agent = await agent.again();
    agent.hello({ slots: 1, leases: [{ execution_id: id, epoch }] });
    await agent.expect("welcome");
    const { token } = await agent.expect("resume");
    const next = await client.create(request);
    expect((await client.agents())[0]).toMatchObject({ busy: 1 });
    expect((await client.get(next.id)).status).toBe("requested");
    await client.end(id, token, ended(0));
    expect((await agent.expect("lease")).execution.execution_id).toBe(next.id);
    await client.cancel(next.id);
  });

  it("leaves a running execution to its agent, also if the pool has returned it to the queue, and notices the agent's loss", async () => {
    await hello({ slots: 1 });
    const { id } = await lease();
    agent.close();
    await eventually(async () => expect(await client.agents()).toEqual([]));
    await forgetAgent(id);
    agent = await TestAgent.connect("default");
    await hello({ slots: 1 });
    const next = await client.create(request);
    expect((await agent.expect("lease")).execution.execution_id).toBe(next.id);
    await client.cancel(next.id);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 15_000 });
    await runDurableObjectAlarm(pool());
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 110_000 });
    await runDurableObjectAlarm(env.EXECUTION.getByName(id));
    expect((await client.get(id)).status).toBe("abandoned");
  });

  it("lets an agent continue with its leases after an absence", async () => {
    await hello();
    const { id, epoch } = await lease();
    agent.close();
    const again = await comeBack([{ execution_id: id, epoch }]);
    const { token } = await again.expect("resume");
    await client.append(id, token, chunks(1, "still here\n"));
    await client.end(id, token, ended(1));
    expect((await client.get(id)).status).toBe("succeeded");
  });

  it("abandons an accepted execution that its agent no longer has, with a gap", async () => {
    await hello();
    const { id } = await lease();
    await comeBack([]);
    const records = await readAll(client.follow(id));
    expect(records.at(-2)).toMatchObject({ seq: 1, gap: { reason: "agent_restarted", bytes: null } });
    expect(records.at(-1)).toMatchObject({ event: "end", status: "abandoned", gaps: 1 });
  });

  it("voids a lease that is not in force", async () => {
    agent.hello({ leases: [{ execution_id: "0123456789abcdef01234567", epoch: 3 }] });
    await agent.expect("welcome");
    expect(await agent.expect("void")).toMatchObject({ execution_id: "0123456789abcdef01234567", epoch: 3 });
  });

  it("abandons the executions of an agent that does not come back within the grace time", async () => {
    await hello();
    const { id, token } = await lease();
    await client.append(id, token, chunks(1, "before\n"));
    agent.close();
    await eventually(async () => expect(await client.agents()).toEqual([]));
    const execution = env.EXECUTION.getByName(id);
    await runDurableObjectAlarm(execution);
    expect((await client.get(id)).status).toBe("running");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 125_000 });
    await eventually(async () => {
      await runDurableObjectAlarm(execution);
      expect((await client.get(id)).status).toBe("abandoned");
    });
    const records = await readAll(client.follow(id));
    expect(records.slice(-3)).toMatchObject([
      { seq: 1, data: "before\n" },
      { seq: 2, gap: { reason: "agent_lost", bytes: null } },
      { event: "end", status: "abandoned" },
    ]);
    await expect(client.append(id, token, chunks(3, "late"))).rejects.toMatchObject({ code: "ended" });
  });

  it("abandons the executions also when the pool repeats the loss within the grace time", async () => {
    await hello();
    const { id } = await lease();
    agent.close();
    await eventually(async () => expect(await client.agents()).toEqual([]));
    const lost_ms = Date.now();
    for (let after_ms = 15_000; after_ms <= 150_000; after_ms += 15_000) {
      vi.useFakeTimers({ toFake: ["Date"], now: lost_ms + after_ms });
      await runDurableObjectAlarm(pool());
      await runDurableObjectAlarm(env.EXECUTION.getByName(id));
    }
    expect((await client.get(id)).status).toBe("abandoned");
  });

  it("reports the loss of an agent to all its executions, also if one of them fails", async () => {
    await hello();
    const broken = await lease();
    const { id } = await lease();
    const object = env.EXECUTION.getByName(broken.id);
    // Its own methods fail from here on, so the log shows a TypeError.
    const state = await runInDurableObject(object, (_, { storage: { kv } }) => {
      const stored = kv.get<object>("state");
      kv.put("state", { ...stored, timers: null });
      return stored;
    });
    await evictDurableObject(object);
    agent.close();
    await eventually(async () => expect(await client.agents()).toEqual([]));
    const lost_ms = Date.now();
    for (const after_ms of [15_000, 125_000]) {
      vi.useFakeTimers({ toFake: ["Date"], now: lost_ms + after_ms });
      await runDurableObjectAlarm(pool());
      await runDurableObjectAlarm(env.EXECUTION.getByName(id));
    }
    expect((await client.get(id)).status).toBe("abandoned");
    await runInDurableObject(object, (_, { storage: { kv } }) => kv.put("state", state));
    await evictDurableObject(object);
  });

  it("notices an agent that is silent on an open socket", async () => {
    await hello();
    const { id } = await lease();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 40_000 });
    await runDurableObjectAlarm(pool());
    expect(await client.agents()).toEqual([]);
    expect((await client.get(id)).status).toBe("running");
  });

  it("sleeps for its grace time while all that it has given runs, and not while an agent is away", async () => {
    const next_ms = async () => {
      await runDurableObjectAlarm(pool());
      const at_ms = await runInDurableObject(pool(), (_, { storage }) => storage.getAlarm());
      return (at_ms ?? 0) - Date.now();
    };
    const grace_ms = Number(env.LEASE_GRACE_SECONDS) * 1000;
    await hello();
    const { id, token } = await lease();
    await eventually(async () => expect(await next_ms()).toBeGreaterThan(grace_ms));
    agent.close();
    await eventually(async () => expect(await client.agents()).toEqual([]));
    expect(await next_ms()).toBeLessThan(grace_ms);
    await client.end(id, token, ended(0));
  });

  it("gives waiting executions to an agent that was silent for a moment, at its next look", async () => {
    await hello();
    await runDurableObjectAlarm(pool());
    expect(await runInDurableObject(pool(), (_, { storage }) => storage.getAlarm())).toBeNull();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 40_000 });
    const { id } = await client.create(request);
    expect((await client.get(id)).waiting?.reason).toBe("pool default has no agent connected");
    vi.useRealTimers();
    expect(await runDurableObjectAlarm(pool())).toBe(true);
    const { token, execution } = await agent.expect("lease");
    expect(execution.execution_id).toBe(id);
    await client.end(id, token, ended(0));
  });

  it("sleeps with idle agents connected, and wakes with all of them", async () => {
    await hello();
    await evictDurableObject(pool(), { webSockets: "hibernate" });
    const { id, token } = await lease();
    await client.end(id, token, ended(0));
    expect((await client.get(id)).status).toBe("succeeded");
  });

  it("keeps an agent's labels and packs over a sleep, and replaces them at a new hello", async () => {
    const packs = [{ ref: "web", version: "1.0.0", digest: "a".repeat(64) }];
    await hello({ labels: { gpu: "a100", "example.com/zone": "eu" }, packs });
    await evictDurableObject(pool(), { webSockets: "hibernate" });
    const known = [{ id: agent.id, labels: { gpu: "a100", "example.com/zone": "eu" }, packs }];
    expect(await client.agents()).toMatchObject(known);
    await comeBack([]);
    expect(await client.agents()).toMatchObject([
      { id: agent.id, labels: {}, packs: announcedPacks(...PACKS) },
    ]);
  });

  it.each([
    [
      "too many labels",
      { labels: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`l${at}`, ""])) },
    ],
    ["an invalid label name", { labels: { "a b": "c" } }],
    ["too many packs", { packs: Array(201).fill({ ref: "a", version: "", digest: "0".repeat(64) }) }],
    ["an invalid digest", { packs: [{ ref: "a", version: "", digest: "0" }] }],
    ["too many runners", { runners: Array(100).fill("noop") }],
  ])("refuses a hello with %s", async (_, over) => {
    agent.hello(over);
    expect(await agent.expect("error")).toMatchObject({ code: "invalid" });
    await eventually(() => expect(agent.closed).toBe(true));
  });

  it.each([
    ["invalid JSON", "nonsense"],
    ["a message that does not exist", { type: "sing" }],
    ["a hello with no slots", { type: "hello", slots: 0 }],
  ])("refuses %s with a code and closes the socket", async (_, message) => {
    agent.say(message);
    expect(await agent.expect("error")).toMatchObject({ code: "invalid" });
    await eventually(() => expect(agent.closed).toBe(true));
  });
});
