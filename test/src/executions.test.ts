import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { newId } from "../../protocol/base/id.ts";
import { Execution } from "../../src/execution/execution.ts";
import { executionStub } from "../../src/objects/execution.ts";
import { eventually } from "./support/eventually.ts";
import { chunks, clientWith, ended, fetchWorker, ORIGIN, registerActions, run } from "./support/world.ts";

const client = clientWith();
const request = { action: "core.local", parameters: { cmd: "date" } };
const headers = { "st2-api-key": env.TAILRACE_API_KEY };

/** An index whose first batch is written, but seems to fail. */
function losingFirstAnswer(written: () => void): D1Database {
  let is_first = true;
  const batch: D1Database["batch"] = async (statements) => {
    const outcomes = await env.INDEX.batch<never>(statements);
    if (!is_first) return outcomes;
    is_first = false;
    written();
    throw new Error("the answer is lost");
  };
  return new Proxy(env.INDEX, {
    get: (index, name) => (name === "batch" ? batch : Reflect.get(index, name).bind(index)),
  });
}

beforeAll(() => registerActions());
afterEach(() => vi.useRealTimers());

describe("executions", () => {
  it("are created in StackStorm's shape, and are in the list and `last` at once", async () => {
    const execution = await client.create(request);
    expect(execution).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      status: "requested",
      start_timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      action: { ref: "core.local", pack: "core", name: "local", runner_type: "local-shell-cmd" },
      runner: { name: "local-shell-cmd", runner_parameters: { timeout: { type: "integer", default: 60 } } },
      liveaction: { action: "core.local", parameters: { cmd: "date" } },
      parameters: { cmd: "date" },
      context: { user: "admin", pack: "core" },
      log: [{ status: "requested" }],
    });
    expect(execution).not.toHaveProperty("result");
    expect(execution).not.toHaveProperty("end_timestamp");
    expect((await client.get("last")).id).toBe(execution.id);
    expect((await client.list({ limit: 1 }))[0]?.id).toBe(execution.id);
    await client.cancel(execution.id);
  });

  it("leave no row and report no success when the index has stored them and its answer is lost", async () => {
    const { id: like } = await client.create(request);
    const like_spec = await executionStub(env, like).spec();
    await client.cancel(like);
    if (!like_spec) throw new Error("there is no execution to copy");
    const spec = { ...like_spec, id: newId() };
    const actor = { user: "admin", credential: "", address: "", user_agent: "" };
    const what = { action: "execution.run", outcome: "done", resource: `execution:${spec.id}` } as const;
    const audit = { id: newId(), ...actor, ...what, detail: {} };
    const written = vi.fn();
    await runInDurableObject(env.EXECUTION.getByName(spec.id), async (_, state) => {
      const object = new Execution(state, { ...env, INDEX: losingFirstAnswer(written) });
      expect(await object.create(spec, {}, audit)).toEqual({ kind: "refused", code: "unavailable" });
    });
    expect(written).toHaveBeenCalledOnce();
    await expect(client.get(spec.id)).rejects.toMatchObject({ status: 404 });
    expect((await client.list({ limit: 20 })).map(({ id }) => id)).not.toContain(spec.id);
    const entry = env.INDEX.prepare("SELECT outcome FROM audit WHERE id = ?").bind(audit.id);
    expect(await entry.first()).toEqual({ outcome: "failed" });
  });

  it.each([
    [{ action: "core.nothing" }, 400, 'Action "core.nothing" cannot be found.'],
    [{ action: "core.disabled" }, 400, 'Unable to execute. Action "core.disabled" is disabled.'],
    [{ action: "core.local" }, 400, "'cmd' is a required property"],
    [
      { ...request, parameters: { cmd: "a", foo: 1 } },
      400,
      "Additional properties are not allowed ('foo' was unexpected)",
    ],
    [
      { ...request, parameters: { cmd: 1000 } },
      400,
      'Value "1000" must either be a string or None. Got "int".',
    ],
    [
      { ...request, parameters: { cmd: "a", sudo: true } },
      400,
      "Override of immutable parameter(s) ['sudo'] is unsupported.",
    ],
    [{ ...request, parameters: { cmd: "a", timeout: "soon" } }, 400, /Parameter "timeout": .*integer/],
    [{ action: "core" }, 400, "action: must be a reference like core.local"],
    [{ ...request, speed: 9 }, 400, /speed/],
  ])("refuse %j with StackStorm's text", async (body, status, text) => {
    const before = await client.list();
    const response = await fetchWorker(`${ORIGIN}/v1/executions`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(status);
    const { faultstring } = await response.json<{ faultstring: string }>();
    if (typeof text === "string") expect(faultstring).toBe(text);
    else expect(faultstring).toMatch(text);
    expect(await client.list()).toEqual(before);
  });

  it("never show the value of a secret parameter", async () => {
    const created = await client.create({
      action: "core.login",
      parameters: { user: "ann", token: "s3cr3t" },
    });
    const everywhere = JSON.stringify([created, await client.get(created.id), await client.list()]);
    expect(everywhere).not.toContain("s3cr3t");
    expect(created.parameters).toEqual({ user: "ann", token: "********" });
    await client.cancel(created.id);
  });

  it("are filtered and paged, with the totals in the headers", async () => {
    const get = (query: string) => fetchWorker(`${ORIGIN}/v1/executions/?${query}`, { headers });
    const all = await get("action=core.local&status=canceled&limit=1&user=");
    expect(await all.json()).toHaveLength(1);
    expect(all.headers.get("x-limit")).toBe("1");
    expect(Number(all.headers.get("x-total-count"))).toBeGreaterThan(0);
    expect(await (await get("action=core.other")).json()).toEqual([]);
    expect((await get("limit=ten")).status).toBe(400);
    expect((await get("limit=0")).status).toBe(400);
  });

  it("are found by parts of an action's and a user's name, as many as the headers say", async () => {
    const { id } = await client.create(request);
    const find = async (query: string) => {
      const answer = await fetchWorker(`${ORIGIN}/v1/executions/?${query}&limit=100`, { headers });
      const found = ((await answer.json()) as { id: string }[]).map((one) => one.id);
      expect(Number(answer.headers.get("x-total-count"))).toBe(found.length);
      return found;
    };
    const user = String((await client.get(id)).context.user);
    expect(await find("action_contains=RE.LOC")).toContain(id);
    expect(await find(`action_contains=local&user_contains=${user.slice(1).toUpperCase()}`)).toContain(id);
    expect(await find("action_contains=re_loc")).toEqual([]);
    expect(await find("action_contains=%25")).toEqual([]);
    expect(await find(`action_contains=local&user_contains=not-${user}`)).toEqual([]);
    const long = await fetchWorker(`${ORIGIN}/v1/executions/?user_contains=${"x".repeat(201)}`, { headers });
    expect(long.status).toBe(400);
    await client.cancel(id);
    expect(await find("action_contains=re.loc&status=canceled")).toContain(id);
  });

  it("leave the list and `last` when only their row exists", async () => {
    const { id: whole } = await client.create(request);
    for (const ask of [(_: string) => client.get("last"), (id: string) => client.get(id).catch(() => null)]) {
      // An earlier release that was killed during a creation has left this row.
      const id = newId();
      await env.INDEX.prepare(
        `INSERT INTO executions (id, version, action, runner, status, user, liveaction, pool, start_timestamp, document)
         SELECT ?1, 1, action, runner, status, user, ?1, pool, start_timestamp, replace(document, ?2, ?1)
         FROM executions WHERE id = ?2`,
      )
        .bind(id, whole)
        .run();
      expect((await client.list({ limit: 1 }))[0]?.id).toBe(id);
      expect((await ask(id))?.id ?? whole).toBe(whole);
      expect((await client.list({ limit: 20 })).map((execution) => execution.id)).not.toContain(id);
    }
    await client.cancel(whole);
  });

  it("answer an unknown id with 404 on every path", async () => {
    const id = "ffffffffffffffffffffffff";
    for (const path of [
      `executions/${id}`,
      `executions/${id}/output`,
      "executions/100",
      "executions/100/output",
    ]) {
      const response = await fetchWorker(`${ORIGIN}/api/v1/${path}`, { headers });
      expect(response.status).toBe(404);
      const named = path.split("/")[1];
      expect(await response.json()).toMatchObject({
        faultstring: `Unable to identify resource with id "${named}".`,
      });
    }
    expect((await fetchWorker(`${ORIGIN}/v1/executions/${id}`, { method: "DELETE", headers })).status).toBe(
      404,
    );
  });

  it("are created completely or not at all: without an index, the answer is 503", async () => {
    await env.INDEX.exec("ALTER TABLE executions RENAME TO away");
    try {
      await expect(client.create(request)).rejects.toMatchObject({ status: 503 });
    } finally {
      await env.INDEX.exec("ALTER TABLE away RENAME TO executions");
    }
  });

  it("update the index by their alarm after it was unavailable", async () => {
    const { id, token } = await run(client);
    await env.INDEX.exec("ALTER TABLE executions RENAME TO away");
    await client.end(id, token, ended(0));
    await env.INDEX.exec("ALTER TABLE away RENAME TO executions");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5_000 });
    await eventually(async () => {
      await runDurableObjectAlarm(env.EXECUTION.getByName(id));
      const row = (await client.list()).find((execution) => execution.id === id);
      expect(row?.status).toBe("succeeded");
    });
  });

  it("delete their output when its time is over, and say so", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "gone in a week\n"));
    await client.end(id, token, ended(1));
    const { output } = await client.get(id);
    expect(Date.parse(output?.expires ?? "") - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 7.1 * 86_400_000 });
    const object = env.EXECUTION.getByName(id);
    await runDurableObjectAlarm(object);
    await expect(client.output(id)).rejects.toMatchObject({ code: "expired" });
    expect(await client.get(id)).toMatchObject({ status: "succeeded", output: { bytes: { stdout: 15 } } });
    const rows = await runInDurableObject(object, (_, state) =>
      state.storage.sql.exec("SELECT * FROM batch").toArray(),
    );
    expect(rows).toEqual([]);
  });

  it("can be run again with some parameters replaced", async () => {
    const first = await client.create(request);
    const again = await client.reRun(first.id, { parameters: { cmd: "uptime" } });
    expect(again).toMatchObject({ parameters: { cmd: "uptime" }, context: { "re-run": { ref: first.id } } });
    await client.cancel(first.id);
    await client.cancel(again.id);
  });
});

describe("the API", () => {
  it("refuses every request without a key", async () => {
    for (const path of [
      "/v1/executions",
      "/api/v1/actions",
      "/stream/v1/executions/last/output",
      "/agent/v1/pools/default/connect",
    ]) {
      const response = await fetchWorker(ORIGIN + path);
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({
        faultstring: "Unauthorized - One of Token or API key required.",
        code: "unauthorized",
        request_id: expect.any(String),
      });
    }
    await expect(clientWith("tr_wrong").list()).rejects.toMatchObject({ code: "unauthorized" });
  });

  it("accepts the key by header, bearer and query", async () => {
    const key = env.TAILRACE_API_KEY;
    expect(
      (await fetchWorker(`${ORIGIN}/v1/user`, { headers: { authorization: `Bearer ${key}` } })).status,
    ).toBe(200);
    expect((await fetchWorker(`${ORIGIN}/v1/user/?st2-api-key=${key}`)).status).toBe(200);
  });

  it("lets a pool's key register agents and an agent work in its own pool, and nothing else", async () => {
    const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
    const { secret } = await clientWith(key).identity.registerAgent({ name: "test" });
    for (const agent of [clientWith(key), clientWith(secret)]) {
      await expect(agent.list()).rejects.toMatchObject({ code: "forbidden" });
      await expect(agent.create(request)).rejects.toMatchObject({ code: "forbidden" });
    }
    await expect(clientWith(key).register({ actions: [] })).rejects.toMatchObject({ code: "forbidden" });
    const connect = (pool: string) =>
      fetchWorker(`${ORIGIN}/agent/v1/pools/${pool}/connect`, {
        headers: { "st2-api-key": secret, upgrade: "websocket" },
      });
    expect((await connect("other")).status).toBe(403);
    const socket = (await connect("default")).webSocket;
    socket?.accept();
    socket?.close();
    expect(socket).not.toBeNull();
  });

  it("names itself, and describes itself", async () => {
    expect(await (await fetchWorker(`${ORIGIN}/healthz`)).json()).toMatchObject({
      ok: true,
      name: "tailrace",
      version: manifest.version,
    });
    const document = await (await fetchWorker(`${ORIGIN}/openapi.json`)).json<{
      openapi: string;
      components: { schemas: object };
    }>();
    expect(document.openapi).toBe("3.1.0");
    expect(document.components.schemas).toHaveProperty("CreateExecution.properties.parameters");
    expect(await (await fetchWorker(`${ORIGIN}/docs`)).text()).toContain("/api/v1/executions/{id}/output");
  });

  it("answers an unknown path with a code", async () => {
    const response = await fetchWorker(`${ORIGIN}/v2/nothing`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "not_found" });
  });
});
