import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { decode } from "hono/jwt";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { eventually, promised } from "./support/eventually.ts";
import {
  type Asked,
  asAdmin,
  askWith,
  BodyText,
  basic,
  json,
  keyOf,
  REVOKED_MS_MAX,
} from "./support/identity.ts";
import { chunks, clientWith, registerActions, run, TestAgent } from "./support/world.ts";

const ask = askWith();
const client = clientWith();
const PASSWORD = "correct horse battery";

beforeAll(() => registerActions());
afterEach(() => vi.useRealTimers());

/** Opens every kind of follower. Returns their bodies, messages, and whether the socket is closed. */
async function openAll(id: string, headers: Record<string, string>) {
  const get = async (path: string, more: Asked["headers"] = {}) => {
    const response = await ask(path, { headers: { ...headers, ...more } });
    expect([path, response.status]).toEqual([path, 200]);
    expect(response.headers.get("x-request-id")).not.toBeNull();
    expect(response.headers.get("access-control-allow-credentials")).toBe("true");
    return new BodyText(response);
  };
  const output = `/api/v1/executions/${id}/output`;
  const bodies = {
    text: await get(output),
    ndjson: await get(`${output}?format=ndjson`),
    sse: await get(`${output}?format=sse`),
    eof: await get(`/stream/v1/executions/${id}/output`),
    events: await get("/stream/v1/stream?events=*"),
  };
  const upgraded = await ask(output, { headers: { ...headers, upgrade: "websocket" } });
  const socket = upgraded.webSocket;
  if (!socket) throw new Error(`no WebSocket: ${upgraded.status}`);
  const heard: string[] = [];
  let closed = false;
  socket.addEventListener("message", ({ data }) => {
    heard.push(String(data));
  });
  socket.addEventListener("close", () => {
    closed = true;
  });
  socket.accept();
  await eventually(() => {
    expect(heard.join("")).toContain("before");
    for (const body of [bodies.text, bodies.ndjson, bodies.sse, bodies.eof])
      expect(body.text).toContain("before");
  });
  return { bodies, heard, isClosed: () => closed };
}

type Opened = Awaited<ReturnType<typeof openAll>>;

/** Expects that all followers are ended within the promised time. Forms with errors say why; the others are broken off. */
async function expectOut({ bodies, heard, isClosed }: Opened): Promise<void> {
  await promised(REVOKED_MS_MAX, () => {
    expect(Object.values(bodies).map(({ ended }) => ended)).not.toContain(undefined);
    expect(heard.join("")).toContain('"code":"unauthorized"');
    expect(isClosed()).toBe(true);
  });
  expect(bodies.text.ended).toBe("broken");
  expect(bodies.eof.ended).toBe("broken");
  expect(bodies.events.ended).toBe("broken");
  for (const body of [bodies.ndjson, bodies.sse]) expect(body.text).toContain('"code":"unauthorized"');
  expect(bodies.eof.text).not.toContain("EOF");
}

async function running(): Promise<{ id: string; token: string }> {
  const execution = await run(client);
  await client.append(execution.id, execution.token, chunks(1, "before\n"));
  return execution;
}

describe("a revocation also ends open streams:", () => {
  it("of a deleted key", async () => {
    const { id, token } = await running();
    const { id: key, headers } = await keyOf(ask, "ann");
    const other = await keyOf(ask, "ann");
    const opened = await openAll(id, headers);
    const kept = await openAll(id, other.headers);
    expect((await ask(`/api/v1/apikeys/${key}`, { method: "DELETE", headers: asAdmin })).status).toBe(204);
    await expectOut(opened);
    expect((await ask(`/api/v1/executions/${id}/output`, { headers })).status).toBe(401);
    await client.append(id, token, chunks(2, "after\n"));
    await eventually(() => expect(kept.bodies.text.text).toBe("before\nafter\n"));
    expect(Object.values(kept.bodies).map(({ ended }) => ended)).toEqual(Array(5).fill(undefined));
    expect(JSON.stringify(opened)).not.toContain("after");
  });

  it("of a disabled key, while the object sleeps under its followers", async () => {
    const { id } = await running();
    const { id: key, headers } = await keyOf(ask, "bob");
    const opened = await openAll(id, headers);
    await evictDurableObject(env.EXECUTION.getByName(id), { webSockets: "hibernate" });
    await json(
      await ask(`/api/v1/apikeys/${key}`, { method: "PUT", headers: asAdmin, body: { enabled: false } }),
    );
    await expectOut(opened);
  });

  it("of a token that is signed out", async () => {
    const { id } = await running();
    await ask("/api/v1/users", {
      method: "POST",
      headers: asAdmin,
      body: { name: "cid", password: PASSWORD },
    });
    const made = await ask("/auth/v1/tokens", { method: "POST", headers: basic("cid", PASSWORD), body: {} });
    const headers = { "x-auth-token": (await json<{ token: string }>(made, 201)).token };
    const opened = await openAll(id, headers);
    expect((await ask("/auth/v1/tokens", { method: "DELETE", headers })).status).toBe(204);
    await expectOut(opened);
  });

  it("of a token that expires, by its alarm", async () => {
    const { id } = await running();
    await ask("/api/v1/users", {
      method: "POST",
      headers: asAdmin,
      body: { name: "dan", password: PASSWORD },
    });
    const asked_ms = Date.now();
    const made = await json<{ id: string; token: string }>(
      await ask("/auth/v1/tokens", { method: "POST", headers: basic("dan", PASSWORD), body: { ttl: 60 } }),
      201,
    );
    const made_ms = Date.now();
    const opened = await openAll(id, { "x-auth-token": made.token });
    const credential = env.CREDENTIAL.getByName(`token-${made.id}`);
    const alarm_ms = await runInDurableObject(credential, (_, state) => state.storage.getAlarm());
    expect(alarm_ms).toBeGreaterThan(asked_ms + 55_000);
    expect(alarm_ms).toBeLessThan(made_ms + 65_000);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    await runDurableObjectAlarm(credential);
    await expectOut(opened);
    vi.setSystemTime(Date.now() + 61_000);
    await runDurableObjectAlarm(credential);
    const left = await runInDurableObject(credential, async (_, { storage }) => [
      ...storage.kv.list(),
      await storage.getAlarm(),
    ]);
    expect(left).toEqual([null]);
  });

  it("of a link that expires", async () => {
    const { id } = await running();
    const made = await json<{ url: string }>(
      await ask(`/api/v1/executions/${id}/links`, { method: "POST", headers: asAdmin, body: { ttl: 60 } }),
      201,
    );
    const link = made.url.split("?link=")[1] ?? "";
    const body = new BodyText(await ask(`/api/v1/executions/${id}/output?link=${link}`));
    await eventually(() => expect(body.text).toBe("before\n"));
    const { payload } = decode(link);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    await runDurableObjectAlarm(env.CREDENTIAL.getByName(`link-${payload.id}`));
    await promised(REVOKED_MS_MAX, () => expect(body.ended).toBe("broken"));
  });

  it("of a user whose role is removed", async () => {
    const { id } = await running();
    const roles = askWith({ RBAC_ENABLED: true });
    const assigned = await json<{ id: string }>(
      await roles("/api/v1/rbac/role_assignments", {
        method: "POST",
        headers: asAdmin,
        body: { user: "eve", role: "observer" },
      }),
      201,
    );
    const { headers } = await keyOf(ask, "eve");
    const output = `/api/v1/executions/${id}/output`;
    const body = new BodyText(await roles(output, { headers }));
    await eventually(() => expect(body.text).toBe("before\n"));
    await roles(`/api/v1/rbac/role_assignments/${assigned.id}`, { method: "DELETE", headers: asAdmin });
    await promised(REVOKED_MS_MAX, () => expect(body.ended).toBe("broken"));
    expect((await roles(output, { headers })).status).toBe(403);
  });

  it("of the agents that a pool's key registered, if they are named; else they stay, and the key registers no more", async () => {
    const made = await Promise.all(
      ["kept", "dropped"].map(async () => {
        const { id, key } = await keyOf(ask, "agent", { role: "agent", pool: "guarded" });
        const agent = await TestAgent.connect("guarded", key);
        agent.hello();
        await agent.expect("welcome");
        return { id, key, agent };
      }),
    );
    const [kept, dropped] = made as [(typeof made)[0], (typeof made)[0]];
    await client.identity.deleteApiKey(kept.id);
    await client.identity.deleteApiKey(dropped.id, { with_agents: true });
    await promised(REVOKED_MS_MAX, () => expect(dropped.agent.closed).toBe(true));
    expect(await client.agents("guarded")).toMatchObject([{ id: kept.agent.id }]);
    for (const { key } of made) {
      const refused = clientWith(key).identity.registerAgent({ name: "late" });
      await expect(refused).rejects.toMatchObject({ code: "unauthorized" });
    }
    await expect(dropped.agent.again()).rejects.toThrow("is revoked");
    expect(kept.agent.closed).toBe(false);
  });
});

describe("a credential", () => {
  it("that is revoked while its stream opens gets no stream", async () => {
    const { id } = await running();
    const { id: key, headers } = await keyOf(ask, "fay");
    // It is read and cached for a moment. Then it changes, and this isolate is not told.
    expect((await ask("/api/v1/user", { headers })).status).toBe(200);
    await env.INDEX.prepare("UPDATE api_keys SET enabled = 0 WHERE id = ?").bind(key).run();
    await env.CREDENTIAL.getByName(`key-${key}`).changed();
    const refused = await ask(`/api/v1/executions/${id}/output`, { headers });
    expect(await json(refused, 401)).toMatchObject({ faultstring: "Unauthorized - API key is disabled." });
    expect(await env.EXECUTION.getByName(id).openOf(`key-${key}`)).toBe(0);
  });

  it("has a bounded number of open streams, and a closed one makes room", async () => {
    const { id } = await running();
    const few = askWith({ STREAMS_PER_KEY_MAX: 3 });
    const { headers } = await keyOf(ask, "gus");
    const open = () => few(`/api/v1/executions/${id}/output?format=sse`, { headers });
    const streams = [await open(), await open(), await few("/stream/v1/stream", { headers })];
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200]);
    const refused = await open();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    await streams[0]?.body?.cancel();
    await eventually(async () => {
      const again = await open();
      expect(again.status).toBe(200);
      await again.body?.cancel();
    });
    const first = () => few(`/api/v1/executions/${id}/output?format=sse`, { headers: asAdmin });
    for (let opened = 0; opened < 5; opened++) expect((await first()).status).toBe(200);
  });

  it("needs one call when a stream opens, and none for later chunks", async () => {
    const { id, token } = await running();
    const { id: key, headers } = await keyOf(ask, "hal");
    const body = new BodyText(await ask(`/api/v1/executions/${id}/output`, { headers }));
    const credential = env.CREDENTIAL.getByName(`key-${key}`);
    const state = () => runInDurableObject(credential, (_, { storage }) => storage.kv.get("state"));
    const opened = await state();
    expect(opened).toMatchObject({ opened: { [id]: 1 } });
    for (let seq = 2; seq < 20; seq++) await client.append(id, token, chunks(seq, `${seq}\n`));
    await eventually(() => expect(body.text).toContain("19\n"));
    expect(await state()).toEqual(opened);
  });
});
