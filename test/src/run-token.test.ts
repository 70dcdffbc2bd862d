import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Execution } from "../../protocol/model/execution.ts";
import type { RunToken } from "../../protocol/wire/agent.ts";
import { eventually } from "./support/eventually.ts";
import { type Ask, asAdmin, askWith, BodyText, json, userWith } from "./support/identity.ts";
import { action, agentIn, newPool } from "./support/pools.ts";
import { clientWith, ended, holderOf, type TestAgent } from "./support/world.ts";

const SETTINGS = { RBAC_ENABLED: true, ACTION_AUTH_TOKEN: true };
const ask = askWith(SETTINGS);
const client = clientWith();
const [own, other] = [newPool(), newPool()];
const agents: Record<string, TestAgent> = {};

type Headers = Record<string, string>;

beforeAll(async () => {
  for (const pool of [own, other]) {
    await client.register({ pool, packs: [{ ref: "web", name: "web" }], actions: [action("web.run")] });
    agents[pool] = await agentIn(pool, ["web"], { slots: 100 });
  }
  for (const [name, secret] of Object.entries({ "web.token": true, "db.password": true }))
    await client.setKey(name, { value: `value of ${name}`, secret });
});

/** A run of a user, with its lease. */
async function runAs(headers: Headers, pool = own): Promise<{ id: string; lease: string }> {
  const body = { action: "web.run", pool };
  const made = await ask("/api/v1/executions", { method: "POST", headers, body });
  const { id } = await json<Execution>(made, 201);
  const agent = agents[pool];
  if (!agent) throw new Error("the pool has no agent");
  const { token, execution } = await agent.expect("lease");
  agent.say({ type: "accepted", execution_id: id, epoch: execution.epoch });
  await client.start(id, token);
  return { id, lease: token };
}

function askToken({ id, lease }: { id: string; lease: string }, as: Ask = ask): Promise<Response> {
  const headers = { authorization: `Bearer ${lease}` };
  return as(`/agent/v1/executions/${id}/token`, { method: "POST", headers });
}

/** A run, and the headers of its program's requests. */
async function issued(user: Headers, pool = own) {
  const run = await runAs(user, pool);
  const { token, expiry } = await json<RunToken>(await askToken(run), 201);
  return { ...run, expiry, headers: { "x-auth-token": token } };
}

const end = ({ id, lease }: { id: string; lease: string }) => client.end(id, lease, ended(0));
const status = async (path: string, headers: Headers, as: Ask = ask) => (await as(path, { headers })).status;

describe("a run's token", () => {
  it("is given by no server that is not told to", async () => {
    const run = await runAs(asAdmin);
    const refused = await askToken(run, askWith({ RBAC_ENABLED: true }));
    expect([refused.status, await refused.json()]).toEqual([
      403,
      {
        code: "forbidden",
        faultstring: "This server gives runs no tokens (ACTION_AUTH_TOKEN).",
        request_id: expect.any(String),
      },
    ]);
    const { headers } = await issued(asAdmin);
    expect(await status("/api/v1/user", headers, askWith({ RBAC_ENABLED: true }))).toBe(401);
    await end(run);
  });

  it("is its user's, and lives no longer than other tokens", async () => {
    const { user, headers: by } = await userWith(ask, [{ permission_types: ["action_execute"] }]);
    const { headers, expiry } = await issued(by);
    const left_ms = Date.parse(expiry) - Date.now();
    expect(left_ms).toBeLessThanOrEqual(env.TOKEN_TTL_SECONDS_MAX * 1000);
    expect(left_ms).toBeGreaterThan(env.TOKEN_TTL_SECONDS_MAX * 1000 - 60_000);
    const answer = await ask("/api/v1/user", { headers });
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(await json(answer)).toMatchObject({
      username: user,
      authentication: { method: "authentication token" },
      rbac: { is_admin: false },
    });
  });

  it("reaches its own pool only, also an administrator's", async () => {
    const { headers } = await issued(asAdmin);
    const [mine, others] = [await runAs(asAdmin), await runAs(asAdmin, other)];
    expect(await status(`/api/v1/executions/${mine.id}`, headers)).toBe(200);
    expect(await status(`/api/v1/executions/${others.id}`, headers)).toBe(403);
    const listed = await json<Execution[]>(await ask("/api/v1/executions?limit=100", { headers }));
    expect(new Set(listed.map(({ pool }) => pool))).toEqual(new Set([own]));
    const start = (pool: string) =>
      ask("/api/v1/executions", {
        method: "POST",
        headers,
        body: { action: "web.run", pool, delay: 60_000 },
      });
    expect((await start(own)).status).toBe(201);
    expect((await start(other)).status).toBeGreaterThanOrEqual(400);
    for (const run of [mine, others]) await end(run);
  });

  it("has what its user is granted, and loses what the user loses", async () => {
    const { headers: by, assignment } = await userWith(ask, [
      { permission_types: ["action_execute"], pool: own },
      { permission_types: ["execution_list"] },
    ]);
    const { headers, ...run } = await issued(by);
    expect(await status(`/api/v1/executions/${run.id}`, headers)).toBe(200);
    expect(await status("/api/v1/keys/web.token?decrypt=true", headers)).toBe(403);
    await ask(`/api/v1/rbac/role_assignments/${assignment}`, { method: "DELETE", headers: asAdmin });
    await eventually(async () => expect(await status(`/api/v1/executions/${run.id}`, headers)).toBe(403));
    await end(run);
  });

  it("is no administrator's where the run is not, whatever its user has become", async () => {
    const { user, headers: by } = await userWith(ask, [{ permission_types: ["action_execute"] }]);
    const { headers, ...run } = await issued(by);
    const body = { user, role: "admin" };
    await json(await ask("/api/v1/rbac/role_assignments", { method: "POST", headers: asAdmin, body }), 201);
    for (let tries = 0; tries < 2; tries++) {
      expect(await status("/api/v1/keys/web.token?decrypt=true", headers)).toBe(403);
      await expect.poll(async () => (await askToken(run)).status).toBe(201);
    }
    await end(run);
  });

  it("reads and sets the keys that its pool is granted, in both scopes", async () => {
    await client.setPoolKeys(own, ["web."]);
    const { headers, ...run } = await issued(asAdmin);
    const denied = 'The pool "POOL" is not granted the key "db.password".'.replace("POOL", own);
    const read = await ask("/api/v1/keys/web.token?decrypt=true", { headers });
    expect(await json(read)).toMatchObject({ value: "value of web.token" });
    for (const scope of ["system", "user"])
      for (const [method, body] of [["GET"], ["PUT", { value: "changed" }], ["DELETE"]] as const) {
        const answer = await ask(`/api/v1/keys/db.password?scope=${scope}`, {
          method,
          headers,
          ...(body === undefined ? {} : { body }),
        });
        expect([answer.status, await answer.json()]).toEqual([
          403,
          { code: "forbidden", faultstring: denied, request_id: expect.any(String) },
        ]);
      }
    const listed = await ask("/api/v1/keys?scope=all", { headers });
    expect((await json<{ name: string }[]>(listed)).map(({ name }) => name)).toEqual(["web.token"]);
    expect((await client.key("db.password", { decrypt: true })).value).toBe("value of db.password");
    await client.setPoolKeys(own, null);
    await end(run);
  });

  it("opens nothing once its run has ended, and its open streams end", async () => {
    const watched = await runAs(asAdmin);
    const { headers, ...run } = await issued(asAdmin);
    const stream = new BodyText(await ask(`/stream/v1/executions/${watched.id}/output`, { headers }));
    await eventually(() => expect(stream.ended).toBeUndefined());
    await end(run);
    await eventually(async () => expect(await status("/api/v1/user", headers)).toBe(401));
    const refused = await ask("/api/v1/user", { headers });
    expect(await refused.json()).toMatchObject({
      faultstring: "Unauthorized - The run of this token has ended.",
    });
    await eventually(() => expect(stream.ended).toBeDefined());
    expect((await askToken(run)).status).toBe(403);
    await end(watched);
  });

  it("opens nothing once its run is abandoned, or its lease is another's", async () => {
    const { headers, ...run } = await issued(asAdmin);
    await env.EXECUTION.getByName(run.id).abandon(holderOf(run.lease), "agent_lost");
    await eventually(async () => expect(await status("/api/v1/user", headers)).toBe(401));
  });

  it("opens nothing to a user that is disabled", async () => {
    const { user, headers: by } = await userWith(ask, [{ permission_types: ["action_execute"] }]);
    const body = { name: user, password: "correct horse battery" };
    await json(await ask("/api/v1/users", { method: "POST", headers: asAdmin, body }), 201);
    const { headers } = await issued(by);
    expect(await status("/api/v1/user", headers)).toBe(200);
    const change = { method: "PUT", headers: asAdmin, body: { enabled: false } };
    await json(await ask(`/api/v1/users/${user}`, change));
    await eventually(async () => expect(await status("/api/v1/user", headers)).toBe(401));
  });

  it("is named in the audit log where it acts", async () => {
    const { headers, ...run } = await issued(asAdmin);
    await json(await ask("/api/v1/keys/by-a-run", { method: "PUT", headers, body: { value: "x" } }));
    const log = await ask("/api/v1/audit?resource=key:by-a-run", { headers: asAdmin });
    expect(await json(log)).toMatchObject([
      { action: "key.set", user: "admin", credential: `run-${run.id}-${holderOf(run.lease).epoch}` },
    ]);
    await end(run);
  });
});
