import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import { AGENT_MESSAGE_CHARS_MAX, HELLO_MS_MAX, HELLOS_AWAITED_MAX } from "../../protocol/base/limits.ts";
import {
  PROTOCOL_RANGE,
  PROTOCOL_VERSION,
  PROTOCOL_VERSION_MIN,
  rangeText,
} from "../../protocol/wire/version.ts";
import { eventually } from "./support/eventually.ts";
import { asAdmin, askWith, basic, json, keyOf } from "./support/identity.ts";
import { chunks, clientWith, ended, poolKey, registerActions, TestAgent } from "./support/world.ts";

const client = clientWith();
const ask = askWith({ RBAC_ENABLED: true });
const request = { action: "core.local", parameters: { cmd: "true" } };
const pool = () => env.RUNNER_POOL.getByName("default");

beforeAll(() => registerActions());
beforeEach(async () => {
  for (const status of ["requested", "scheduled"] as const)
    for (const { id } of await client.list({ status })) await client.cancel(id);
  for (const { id } of await client.identity.agents()) await client.identity.revokeAgent(id);
});
afterEach(() => vi.useRealTimers());

async function connected(over: Record<string, unknown> = {}): Promise<TestAgent> {
  const agent = await TestAgent.connect("default");
  agent.hello(over);
  await agent.expect("welcome");
  return agent;
}

/** Work that an agent has begun. */
async function begun(agent: TestAgent) {
  const { id } = await client.create(request);
  const { token, execution } = await agent.expect("lease");
  expect(execution.execution_id).toBe(id);
  const { epoch } = execution;
  agent.say({ type: "accepted", execution_id: id, epoch });
  await client.start(id, token);
  return { id, token, lease: { execution_id: id, epoch } };
}

describe("registering an agent", () => {
  it("returns an id, the key's pool and a secret, of which only the hash is stored", async () => {
    const registrar = clientWith(await poolKey("default"));
    const one = await registrar.identity.registerAgent({ name: "one" });
    const two = await registrar.identity.registerAgent({ name: "one" });
    expect(one).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      pool: "default",
      secret: expect.stringMatching(/^tra_[\w-]{43}$/),
    });
    expect([two.id, two.secret]).not.toContain(one.id);
    expect(two.secret).not.toBe(one.secret);
    const rows = await env.INDEX.prepare("SELECT * FROM agents").all();
    expect(JSON.stringify(rows.results)).not.toContain(one.secret.slice(4));
  });

  it("needs a key of its own pool; other credentials are told what an agent needs", async () => {
    const PASSWORD = "correct horse battery";
    await ask("/api/v1/users", {
      method: "POST",
      headers: asAdmin,
      body: { name: "ulf", password: PASSWORD },
    });
    const { token } = await json<{ token: string }>(
      await ask("/auth/v1/tokens", { method: "POST", headers: basic("ulf", PASSWORD), body: {} }),
      201,
    );
    const agent = await TestAgent.connect("default");
    const wrong: [string, Record<string, string>, number, string][] = [
      ["the first key", asAdmin, 403, "This is an administrator's key."],
      [
        "an administrator's",
        (await keyOf(ask, "ada", { role: "admin" })).headers,
        403,
        "an administrator's key",
      ],
      ["a user's key", (await keyOf(ask, "ulf")).headers, 403, "This is a user's key."],
      ["a user's token", { "x-auth-token": token }, 403, "This is a user's key."],
      ["an agent's secret", { "st2-api-key": agent.identity.secret }, 403, "secret of a registered agent"],
      ["another pool's key", { "st2-api-key": await poolKey("other") }, 403, 'for the pool "other"'],
      ["none", {}, 401, "required"],
      ["an unknown secret", { "st2-api-key": "tra_nonsense" }, 401, "No agent has this secret"],
    ];
    for (const [what, headers, status, text] of wrong) {
      const body = { name: "test", pool: "default" };
      const response = await ask("/agent/v1/agents", { method: "POST", headers, body });
      const { faultstring } = await response.json<{ faultstring: string }>();
      expect([what, response.status, faultstring]).toEqual([what, status, expect.stringContaining(text)]);
    }
    agent.close();
  });

  it.each([
    ["nothing", {}],
    ["a name that is too long", { name: "x".repeat(129) }],
    ["an invalid pool", { name: "x", pool: "a b" }],
    ["an invalid id", { name: "x", legacy_id: "../../x" }],
    ["an unknown field", { name: "x", id: newId() }],
  ])("refuses %s", async (_, body) => {
    const headers = { "st2-api-key": await poolKey("default") };
    const response = await ask("/agent/v1/agents", { method: "POST", headers, body });
    expect(await json(response, 400)).toMatchObject({ code: "invalid" });
  });
});

describe("agents are listed", () => {
  it("for administrators, with the agents' own data, connected or not", async () => {
    const packs = ["core", "web"].map((ref) => ({ ref, version: "1.0.0", digest: "a".repeat(64) }));
    const agent = await connected({ name: "host-1", version: "0.2.0", labels: { gpu: "a100" }, packs });
    await begun(agent);
    const idle = await TestAgent.connect("other");
    const described = { id: agent.id, name: "host-1", version: "0.2.0", labels: { gpu: "a100" }, packs };
    const listed = await client.identity.agents();
    expect(listed).toMatchObject([
      { ...described, pool: "default", protocol: PROTOCOL_VERSION, slots: 4, busy: 1, connected: true },
      { id: idle.id, pool: "other", connected: false, last_seen: null },
    ]);
    expect(JSON.stringify(listed)).not.toContain("secret");
    expect(Date.now() - Date.parse(listed[0]?.last_seen ?? "")).toBeLessThan(60_000);
    expect(await client.identity.agents("other")).toMatchObject([{ id: idle.id }]);
    agent.close();
    await eventually(async () => {
      expect(await client.identity.agent(agent.id)).toMatchObject({
        ...described,
        connected: false,
        last_seen: expect.any(String),
      });
    });
    const { headers } = await keyOf(ask, "ulf");
    for (const path of ["/api/v1/agents", `/api/v1/agents/${agent.id}`])
      expect((await ask(path, { headers })).status).toBe(403);
    const remove = await ask(`/api/v1/agents/${agent.id}`, { method: "DELETE", headers });
    expect(remove.status).toBe(403);
    await expect(client.identity.agent(newId())).rejects.toMatchObject({ code: "agent_not_found" });
    await expect(client.identity.revokeAgent(newId())).rejects.toMatchObject({ code: "agent_not_found" });
  });
});

describe("an agent that is revoked", () => {
  it("loses its socket, its secret and the leases that it has begun at once", async () => {
    const agent = await connected();
    const { id, token, lease } = await begun(agent);
    await client.append(id, token, chunks(1, "before\n"));
    await client.identity.revokeAgent(agent.id);
    await eventually(() => expect(agent.closed).toBe(true));
    expect(await client.get(id)).toMatchObject({
      status: "abandoned",
      result: { error: 'The agent "test" was revoked while it ran the action.' },
    });
    await expect(client.append(id, token, chunks(2, "after\n"))).rejects.toMatchObject({ code: "ended" });
    await expect(client.leasedKeys(id, token, { names: ["x"] })).rejects.toMatchObject({
      code: "lease_lost",
    });
    const own = clientWith(agent.identity.secret);
    await expect(own.register({ actions: [] })).rejects.toMatchObject({ code: "unauthorized" });
    await expect(agent.again()).rejects.toThrow(`The agent ${agent.id} is revoked.`);
    expect(await client.identity.agents()).toEqual([]);
    expect(await client.identity.agent(agent.id)).toMatchObject({ revoked_at: expect.any(String) });
    // Another agent of its host does not get its lease either.
    const next = await connected({ leases: [lease] });
    expect(await next.expect("void")).toMatchObject(lease);
    next.close();
  });

  it("leaves its unbegun leases to another agent, and a second revocation changes nothing", async () => {
    const agent = await connected();
    const { id } = await client.create(request);
    await agent.expect("lease");
    const other = await connected();
    await client.identity.revokeAgent(agent.id);
    const given = await other.expect("lease");
    expect(given.execution.execution_id).toBe(id);
    await client.identity.revokeAgent(agent.id);
    await client.start(id, given.token);
    await client.end(id, given.token, ended(0));
    expect((await client.get(id)).status).toBe("succeeded");
    other.close();
  });
});

describe("a lease that its agent has not begun is void", () => {
  async function expectVoid(id: string, token: string): Promise<void> {
    const refused = { code: "lease_lost" };
    await expect(client.leasedKeys(id, token, { names: ["x"] })).rejects.toMatchObject(refused);
    await expect(client.start(id, token)).rejects.toMatchObject(refused);
    await expect(client.append(id, token, chunks(1, "x"))).rejects.toMatchObject(refused);
    await expect(client.end(id, token, ended(0))).rejects.toMatchObject(refused);
    const execution = await client.get(id);
    expect(execution.status).toBe("scheduled");
    expect(execution).not.toHaveProperty("agent");
  }

  /** Work that an agent was given and has not answered. */
  async function given(agent: TestAgent) {
    const { id } = await client.create(request);
    const { token } = await agent.expect("lease");
    return { id, token };
  }

  async function expectAnother(id: string): Promise<void> {
    const other = await connected();
    const next = await other.expect("lease");
    expect(next.execution).toMatchObject({ execution_id: id, epoch: 2 });
    await client.start(id, next.token);
    await client.end(id, next.token, ended(0));
    other.close();
  }

  it("after the agent is revoked, also while the execution waits for another agent", async () => {
    const agent = await connected();
    const { id, token } = await given(agent);
    await client.identity.revokeAgent(agent.id);
    await expectVoid(id, token);
    await expectAnother(id);
  });

  it("after the agent is gone", async () => {
    const agent = await connected();
    const { id, token } = await given(agent);
    agent.close();
    await eventually(async () => expect(await client.agents()).toEqual([]));
    await eventually(() => expectVoid(id, token));
    await expectAnother(id);
  });

  it("after the agent comes back without it", async () => {
    const agent = await connected();
    const { id, token } = await given(agent);
    const again = await agent.again();
    again.hello({ runners: ["noop"] });
    await again.expect("welcome");
    await eventually(() => expectVoid(id, token));
    again.close();
    await expectAnother(id);
  });
});

describe("a hello", () => {
  /** Keeps an execution from answering until it is released. */
  async function hold(id: string): Promise<{ release: () => void }> {
    let isHeld = true;
    const isBusy = Promise.withResolvers<void>();
    void runInDurableObject(env.EXECUTION.getByName(id), (_, state) =>
      state.blockConcurrencyWhile(async () => {
        isBusy.resolve();
        while (isHeld) await scheduler.wait(5);
      }),
    );
    await isBusy.promise;
    const release = () => {
      isHeld = false;
    };
    onTestFinished(release);
    return { release };
  }

  it("voids all leases that it lacks at once, also while one execution answers slowly", async () => {
    const [slow, other] = [await client.create(request), await client.create(request)];
    const other_hold = await hold(other.id);
    const agent = await connected();
    expect((await agent.expect("lease")).execution.execution_id).toBe(slow.id);
    const slow_hold = await hold(slow.id);
    const again = await agent.again();
    again.hello();
    await again.expect("welcome");
    other_hold.release();
    // A lease that was on its way when the agent came back does not reach it. The agent would begin it, and it would be
    // abandoned later.
    expect(await again.expect("void")).toMatchObject({ execution_id: other.id, epoch: 1 });
    slow_hold.release();
    expect(await again.expect("void")).toMatchObject({ execution_id: slow.id, epoch: 1 });
    for (const { id } of [slow, other]) {
      const { token, execution } = await again.expect("lease");
      expect(execution).toMatchObject({ execution_id: id, epoch: 2 });
      await client.start(id, token);
      await client.end(id, token, ended(0));
      expect((await client.get(id)).status).toBe("succeeded");
    }
    again.close();
  });
});

describe("an agent of a release without identities", () => {
  /** Work that such an agent has begun. The index does not know the agent. */
  async function begunBefore() {
    const agent = await connected();
    const work = await begun(agent);
    agent.close();
    await eventually(async () => expect(await client.agents()).toEqual([]));
    await env.INDEX.prepare("DELETE FROM agents WHERE id = ?").bind(agent.id).run();
    await pool().strike(agent.id);
    return { agent_id: agent.id, ...work };
  }

  it("finishes its leases, gets no new one, and is told to upgrade", async () => {
    const { agent_id, id, lease } = await begunBefore();
    const agent = await TestAgent.legacy("default", agent_id);
    agent.hello({ leases: [lease] });
    await agent.expect("welcome");
    const { token } = await agent.expect("resume");
    expect(await agent.expect("error")).toMatchObject({
      code: "protocol_too_old",
      faultstring: expect.stringContaining("Upgrade the agent."),
    });
    const next = await client.create(request);
    await client.append(id, token, chunks(1, "still mine\n"));
    await client.end(id, token, ended(1));
    expect(await client.get(id)).toMatchObject({ status: "succeeded" });
    // Its connection ends with its last lease: the next message is the reason, and no lease.
    expect(await agent.expect("error")).toMatchObject({ code: "protocol_too_old" });
    await eventually(() => expect(agent.closed).toBe(true));
    expect((await client.get(next.id)).status).toBe("requested");
  });

  it("without a lease is told to upgrade and disconnected, each time", async () => {
    const agent = await TestAgent.legacy("default");
    for (const one of [agent, await agent.again()]) {
      one.hello();
      expect(await one.expect("error")).toMatchObject({ code: "protocol_too_old" });
      await eventually(() => expect(one.closed).toBe(true));
    }
    expect(await client.agents()).toEqual([]);
  });

  it("gets void for another agent's lease, and is refused under a registered agent's id", async () => {
    const holder = await connected();
    const { lease, token, id } = await begun(holder);
    const other = await TestAgent.legacy("default");
    other.hello({ leases: [lease] });
    await other.expect("welcome");
    expect(await other.expect("void")).toMatchObject(lease);
    const liar = await TestAgent.legacy("default", holder.id);
    liar.hello({ leases: [lease] });
    expect(await liar.expect("error")).toMatchObject({ code: "forbidden" });
    await eventually(() => expect(liar.closed).toBe(true));
    expect(holder.closed).toBe(false);
    await client.end(id, token, ended(0));
    holder.close();
  });

  it("may send its packs, which changes nothing; a newer agent with the pool's key is refused", async () => {
    const headers = { "st2-api-key": await poolKey("default") };
    const action = { pack: "core", name: "evil", runner_type: "local-shell-cmd" };
    const body = { actions: [action] };
    const told = await ask("/agent/v1/actions", { method: "POST", headers, body });
    expect(await json(told)).toEqual({ registered: 0 });
    await expect(client.action("core.evil")).rejects.toMatchObject({ code: "action_not_found" });
    expect((await client.action("core.local")).ref).toBe("core.local");
    const agent = await TestAgent.legacy("default");
    agent.hello({ protocol: PROTOCOL_VERSION });
    expect(await agent.expect("error")).toMatchObject({ code: "forbidden" });
  });

  it("keeps its id once when it is upgraded during its work, and goes on", async () => {
    const { agent_id, id, lease } = await begunBefore();
    const registrar = clientWith(await poolKey("default"));
    const elsewhere = clientWith(await poolKey("other"));
    const stranger = await elsewhere.identity.registerAgent({ name: "x", legacy_id: agent_id });
    expect(stranger.id).not.toBe(agent_id);
    const identity = await registrar.identity.registerAgent({ name: "test", legacy_id: agent_id });
    expect(identity.id).toBe(agent_id);
    const second = await registrar.identity.registerAgent({ name: "test", legacy_id: agent_id });
    expect(second.id).not.toBe(agent_id);
    const idle = newId();
    const fresh = await registrar.identity.registerAgent({ name: "test", legacy_id: idle });
    expect(fresh.id).not.toBe(idle);
    const agent = await TestAgent.as(identity);
    agent.hello({ leases: [lease] });
    await agent.expect("welcome");
    const { token } = await agent.expect("resume");
    await client.end(id, token, ended(0));
    expect((await client.get(id)).status).toBe("succeeded");
    agent.close();
  });
});

describe("a version of the protocol", () => {
  it.each([
    ["that is too old", { protocol: PROTOCOL_VERSION_MIN - 1 }, "protocol_too_old"],
    [
      "that is too new",
      { protocol: PROTOCOL_VERSION + 2, protocol_min: PROTOCOL_VERSION + 1 },
      "protocol_too_new",
    ],
  ])("%s is refused with its code", async (_, over, code) => {
    const agent = await TestAgent.connect("default");
    agent.hello(over);
    expect(await agent.expect("error")).toMatchObject({ code });
    await eventually(() => expect(agent.closed).toBe(true));
    const { protocol, protocol_min = protocol } = over as { protocol: number; protocol_min?: number };
    const range = `${protocol_min}-${protocol}`;
    const headers = { ...asAdmin, "tailrace-protocol": range };
    const refused = await ask("/api/v1/user", { headers });
    expect(await json(refused, 426)).toMatchObject({ code, faultstring: expect.stringContaining("upgrade") });
    expect(refused.headers.get("tailrace-protocol")).toBe(rangeText(PROTOCOL_RANGE));
  });

  it("that is newer is accepted from an agent that also speaks the current one", async () => {
    const agent = await connected({ protocol: PROTOCOL_VERSION + 1, protocol_min: PROTOCOL_VERSION });
    expect(await client.agents()).toMatchObject([{ id: agent.id, protocol: PROTOCOL_VERSION }]);
    const headers = { ...asAdmin, "tailrace-protocol": `${PROTOCOL_VERSION}-${PROTOCOL_VERSION + 1}` };
    expect((await ask("/api/v1/user", { headers })).status).toBe(200);
    expect((await ask("/api/v1/user", { headers: asAdmin })).status).toBe(200);
    const nonsense = await ask("/api/v1/user", { headers: { ...asAdmin, "tailrace-protocol": "new" } });
    expect(await json(nonsense, 400)).toMatchObject({ code: "invalid" });
    agent.close();
  });
});

describe("a socket", () => {
  it("without a hello is closed within seconds, also while the pool sleeps", async () => {
    const silent = await TestAgent.connect("default");
    const greeted = await connected();
    await evictDurableObject(pool(), { webSockets: "hibernate" });
    await runDurableObjectAlarm(pool());
    expect(silent.closed).toBe(false);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + HELLO_MS_MAX });
    await runDurableObjectAlarm(pool());
    await eventually(() => expect(silent.closed).toBe(true));
    expect(greeted.closed).toBe(false);
    greeted.close();
  });

  it("without a hello makes room for the next socket: hundreds of them keep no agent out", async () => {
    const before = await connected();
    const silent: TestAgent[] = [];
    for (let at = 0; at < 200; at += 50)
      silent.push(...(await Promise.all(Array.from({ length: 50 }, () => TestAgent.legacy("default")))));
    await eventually(() =>
      expect(silent.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(HELLOS_AWAITED_MAX),
    );
    const after = await connected();
    expect((await client.agents()).map(({ id }) => id).sort()).toEqual([before.id, after.id].sort());
    for (const agent of [...silent, before, after]) agent.close();
  });

  it("of an agent replaces its earlier socket, with a hello and without", async () => {
    const first = await TestAgent.connect("default");
    const second = await first.again();
    await eventually(() => expect(first.closed).toBe(true));
    second.hello();
    await second.expect("welcome");
    const third = await second.again();
    expect(second.closed).toBe(false);
    third.hello();
    await third.expect("welcome");
    await eventually(() => expect(second.closed).toBe(true));
    expect(await client.agents()).toMatchObject([{ id: first.id }]);
    third.close();
  });

  it.each([
    [
      "a second hello",
      "invalid",
      (agent: TestAgent) => {
        agent.hello();
      },
    ],
    [
      "more than a message may have",
      "too_large",
      (agent: TestAgent) => agent.say("x".repeat(AGENT_MESSAGE_CHARS_MAX + 1)),
    ],
    [
      "lists in lists without end",
      "too_deep",
      (agent: TestAgent) => agent.say("[".repeat(AGENT_MESSAGE_CHARS_MAX)),
    ],
    [
      "more messages than any agent has to say",
      "too_many",
      (agent: TestAgent) => {
        for (let at = 0; at < 10_000; at++)
          agent.say({ type: "accepted", execution_id: "0".repeat(24), epoch: 1 });
      },
    ],
  ])("that sends %s is closed with a code, and other agents are not disturbed", async (_, code, act) => {
    const neighbour = await connected();
    const { id, token } = await begun(neighbour);
    const agent = await connected();
    act(agent);
    await eventually(() => expect(agent.closed).toBe(true));
    // Each message about a lease that it does not hold is answered.
    while (agent.next?.type === "void") await agent.expect("void");
    expect(await agent.expect("error")).toMatchObject({ code });
    await eventually(() => expect(agent.closed).toBe(true));
    await client.append(id, token, chunks(1, "unharmed\n"));
    await client.end(id, token, ended(1));
    expect((await client.get(id)).status).toBe("succeeded");
    neighbour.close();
  });

  it("that sends another message before its hello is closed", async () => {
    const agent = await TestAgent.connect("default");
    agent.say({ type: "accepted", execution_id: "0".repeat(24), epoch: 1 });
    expect(await agent.expect("error")).toMatchObject({ code: "invalid" });
    await eventually(() => expect(agent.closed).toBe(true));
  });
});
