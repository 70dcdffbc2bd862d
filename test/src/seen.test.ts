import { createExecutionContext, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";
import { samplesOf } from "../support/metrics.ts";
import { eventually } from "./support/eventually.ts";
import { asAdmin, askWith, json, userWith } from "./support/identity.ts";
import { action, agentIn, limit, newPool, takeLease } from "./support/pools.ts";
import { chunks, clientWith, ended, leased, ORIGIN } from "./support/world.ts";

const client = clientWith();
const ask = askWith();

/** Asks a server that has other bindings in place of some of its own. */
function readyWith(bindings: Record<string, unknown>): Promise<Response> {
  const own = { ...env, ...bindings } as unknown as Env;
  return Promise.resolve(app.fetch(new Request(`${ORIGIN}/readyz`), own, createExecutionContext()));
}

const BROKEN_INDEX = {
  prepare: () => ({ first: () => Promise.reject(new Error("D1_ERROR: secret detail")) }),
};
const SILENT_INDEX = { prepare: () => ({ first: () => new Promise(() => undefined) }) };
const BROKEN_OBJECTS = {
  getByName: () => ({ ready: () => Promise.reject(new Error("secret detail")) }),
};

describe("GET /readyz", () => {
  it("says without a key that the index and the objects answer", async () => {
    expect(await json(await ask("/readyz"))).toEqual({ ready: true });
  });

  it.each([
    ["a broken index", { INDEX: BROKEN_INDEX }, ["index"], "The index does not answer now. Try again."],
    ["a silent index", { INDEX: SILENT_INDEX }, ["index"], "The index does not answer now. Try again."],
    [
      "broken objects",
      { RUNNER_POOL: BROKEN_OBJECTS },
      ["objects"],
      "The objects do not answer now. Try again.",
    ],
    [
      "both",
      { INDEX: BROKEN_INDEX, RUNNER_POOL: BROKEN_OBJECTS },
      ["index", "objects"],
      "The index and the objects do not answer now. Try again.",
    ],
  ])(
    "answers 503 with %s, says which does not answer, and nothing else",
    async (_, bindings, failing, text) => {
      const answer = await json<{ faultstring: string }>(await readyWith(bindings), 503);
      expect(answer).toEqual({
        ready: false,
        failing,
        code: "unavailable",
        faultstring: expect.stringContaining(text),
        request_id: expect.any(String),
      });
      expect(JSON.stringify(answer)).not.toContain("secret");
    },
  );

  it("asks a silent index once for all requests that come while it waits", async () => {
    let asked = 0;
    const first = () => {
      asked++;
      return new Promise(() => undefined);
    };
    const own = { ...env, INDEX: { prepare: () => ({ first }) } } as unknown as Env;
    const ready = () => app.fetch(new Request(`${ORIGIN}/readyz`), own, createExecutionContext());
    const answers = await Promise.all(Array.from({ length: 20 }, ready));
    for (const answer of answers) expect(answer.status).toBe(503);
    expect((await ready()).status).toBe(503);
    expect(asked).toBe(1);
  });
});

describe("GET /metrics", () => {
  const read = async () => {
    const response = await ask("/metrics", { headers: asAdmin });
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    return samplesOf(await response.text());
  };

  it("counts executions by status, committed output, followers and errors", async () => {
    const pool = newPool();
    await client.register({ pool, actions: [action("core.local")] });
    const agent = await agentIn(pool, ["core"]);
    const before = await read();
    const { id } = await client.create({ action: "core.local", pool, parameters: {} });
    const { token, execution } = await agent.expect("lease");
    agent.say({ type: "accepted", execution_id: id, epoch: execution.epoch });
    await client.start(id, token);
    await client.append(id, token, chunks(1, "hello\n"));
    await client.append(id, token, chunks(2, "world\n"));
    let running = before;
    const grown = (name: string, from = before, to = running) => (to.get(name) ?? 0) - (from.get(name) ?? 0);
    // The index learns of a status after the execution.
    await eventually(async () => {
      running = await read();
      expect(grown('tailrace_executions{status="running"}')).toBe(1);
    });
    expect(grown("tailrace_isolate_append_seconds_count")).toBe(2);
    expect(grown('tailrace_isolate_append_seconds_bucket{le="+Inf"}')).toBe(2);
    expect(grown("tailrace_isolate_output_age_seconds_count")).toBe(2);
    expect(grown("tailrace_isolate_output_bytes_total")).toBe(12);
    const following = client.follow(id)[Symbol.asyncIterator]();
    await following.next();
    await ask("/api/v1/executions/nothing", { headers: asAdmin });
    const after = await read();
    expect(grown('tailrace_isolate_follows_total{way="stream"}', running, after)).toBe(1);
    expect(grown("tailrace_isolate_followers", running, after)).toBe(1);
    expect(grown('tailrace_isolate_errors_total{code="execution_not_found"}', running, after)).toBe(1);
    // Its number is kept while the object is out of memory, and noted again when it wakes.
    await evictDurableObject(env.EXECUTION.getByName(id), { webSockets: "hibernate" });
    expect(grown("tailrace_isolate_followers", running, await read())).toBe(1);
    await client.get(id);
    expect(grown("tailrace_isolate_followers", running, await read())).toBe(1);
    await following.return?.();
    await eventually(async () => expect(grown("tailrace_isolate_followers", running, await read())).toBe(0));
    agent.close();
  });

  it("counts each failing answer, also of paths and methods that do not exist, and that the server is not ready", async () => {
    const before = await read();
    await ask("/nothing-here");
    await ask("/readyz", { method: "PUT" });
    await readyWith({ INDEX: BROKEN_INDEX });
    const after = await read();
    for (const code of ["not_found", "method_not_allowed", "unavailable"]) {
      const name = `tailrace_isolate_errors_total{code="${code}"}`;
      expect((after.get(name) ?? 0) - (before.get(name) ?? 0), code).toBe(1);
    }
  });

  it("counts output that comes with an end, once", async () => {
    const before = await read();
    const { id, token } = await leased(client);
    const whole = { ...ended(1), output: chunks(1, "short\n") };
    for (let n = 0; n < 2; n++) await client.end(id, token, whole);
    const after = await read();
    const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(grown("tailrace_isolate_output_bytes_total")).toBe(6);
    expect(grown("tailrace_isolate_append_seconds_count")).toBe(1);
  });

  it("counts queues by pool and reason, leases, agents and slots", async () => {
    await limit({ USER_RUNNING_MAX: 2 });
    const [one, two] = [newPool(), newPool()];
    for (const pool of [one, two])
      await client.register({ pool, actions: [action("core.local"), action("web.run")] });
    const agents = [
      await agentIn(one, ["core"], { slots: 3 }),
      await agentIn(one, ["core"], { slots: 4 }),
      await agentIn(one, ["core"], { slots: 5, unable: "the disk is full" }),
      await agentIn(two, ["core"], { slots: 1 }),
    ];
    const [first, second] = agents;
    if (!first || !second) throw new Error("there are four");
    await client.identity.drainAgent(first.id);
    const create = (pool: string, ref: string) => client.create({ action: ref, pool, parameters: {} });
    await create(one, "web.run");
    for (let n = 0; n < 5; n++) await create(one, "core.local");
    const begun = [await takeLease(client, second), await takeLease(client, second)];
    await create(two, "core.local");
    const samples = await read();
    const of = (name: string, pool: string, label = "") =>
      samples.get(`${name}{pool="${pool}"${label === "" ? "" : `,${label}`}}`);
    // Of a user who runs as much as allowed, everything waits for that.
    expect(of("tailrace_queue_waiting", one, 'why="user_limit"')).toBe(4);
    expect(of("tailrace_leases", one, 'phase="accepted"')).toBe(2);
    expect(of("tailrace_leases", two, 'phase="offered"')).toBe(1);
    expect(of("tailrace_agents", one, 'state="ready"')).toBe(1);
    expect(of("tailrace_agents", one, 'state="unable"')).toBe(1);
    expect(of("tailrace_agents", one, 'state="drained"')).toBe(1);
    expect(of("tailrace_agents", one, 'state="away"')).toBe(0);
    expect(of("tailrace_slots", one)).toBe(12);
    expect(of("tailrace_slots_busy", one)).toBe(2);
    expect(of("tailrace_pool_up", two)).toBe(1);
    expect(of("tailrace_queue_oldest_seconds", one)).toBeGreaterThanOrEqual(0);
    await limit({ USER_RUNNING_MAX: 0 });
    for (const { end } of begun) await end();
    for (let n = 0; n < 3; n++) await takeLease(client, second);
    const later = await read();
    expect(later.get(`tailrace_queue_waiting{pool="${one}",why="no_pack"}`)).toBe(1);
    for (const agent of agents) agent.close();
  });

  it("needs the permission metrics_view", async () => {
    const with_rights = askWith({ RBAC_ENABLED: true });
    expect((await with_rights("/metrics")).status).toBe(401);
    const refused = await userWith(with_rights, [{ permission_types: ["execution_view"] }]);
    expect((await with_rights("/metrics", { headers: refused.headers })).status).toBe(403);
    const allowed = await userWith(with_rights, [{ permission_types: ["metrics_view"] }]);
    expect((await with_rights("/metrics", { headers: allowed.headers })).status).toBe(200);
    // As Prometheus sends a key.
    const headers = { authorization: `Bearer ${allowed.headers["st2-api-key"]}` };
    expect((await with_rights("/metrics", { headers })).status).toBe(200);
  });
});
