import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { firstId } from "../../protocol/base/id.ts";
import { AUDIT_ACTIONS, type AuditAction, type AuditEntry } from "../../protocol/model/audit.ts";
import { auditQuery } from "../../src/index/audit.ts";
import { OPERATIONS } from "../../src/openapi/operations.ts";
import { chainOf, registerChains } from "./support/chains.ts";
import { type Asked, asAdmin, askWith, basic, json, keyOf } from "./support/identity.ts";
import { signOn } from "./support/issuer.ts";
import { clientWith, ended, registerActions, run } from "./support/world.ts";

const ask = askWith({ RBAC_ENABLED: true, ACTION_AUTH_TOKEN: true });
const client = clientWith();
const ADDRESS = "192.0.2.44";
const FROM = { "cf-connecting-ip": ADDRESS, "user-agent": "curl/8.5.0\tof mine" };

/** Every secret that these tests send or receive. No row of the log may contain one. */
const secrets = new Set<string>();
function secret(text: string): string {
  secrets.add(text);
  return text;
}
const PASSWORD = secret("correct horse battery");

let made = 0;
const name = (kind: string) => `${kind}-${++made}`;

/** An audited act: its request, and the entry that the log should have. */
interface Act {
  method: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  user?: string;
  credential?: string | RegExp;
  resource: string | RegExp;
  detail?: AuditEntry["detail"];
  outcome?: AuditEntry["outcome"];
  status?: number;
}

const post = (path: string, body: unknown, resource: string | RegExp, over: Partial<Act> = {}): Act => ({
  method: "POST",
  path,
  body,
  resource,
  ...over,
});
const put = (path: string, body: unknown, resource: string, over: Partial<Act> = {}): Act => ({
  ...post(path, body, resource, over),
  method: "PUT",
});
const remove = (path: string, resource: string, over: Partial<Act> = {}): Act => ({
  method: "DELETE",
  path,
  resource,
  ...over,
});
const read = (path: string, resource: string): Act => ({ method: "GET", path, resource });

async function admin<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await ask(path, { method, headers: asAdmin, body });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function user(): Promise<string> {
  const made = name("user");
  await admin("POST", "/api/v1/users", { name: made, password: PASSWORD });
  return made;
}

async function role(): Promise<string> {
  const made = name("role");
  await admin("POST", "/api/v1/rbac/roles", { name: made });
  return made;
}

async function token(of: string): Promise<{ id: string; token: string }> {
  const response = await ask("/auth/v1/tokens", { method: "POST", headers: basic(of, PASSWORD), body: {} });
  const made = await json<{ id: string; token: string }>(response, 201);
  secret(made.token);
  return made;
}

async function over(): Promise<string> {
  const { id, token } = await run(client);
  await client.end(id, token, ended(0));
  return id;
}

/** Starts a chain whose task waits for an agent that does not exist. */
async function chain(): Promise<string> {
  await registerChains(client, chainOf("waits", { chain: [{ name: "only", ref: "chains.login" }] }));
  const { id } = await client.create({ action: "chains.waits" });
  await expect.poll(async () => (await client.get(id)).status).toBe("running");
  return id;
}

/** It is delayed, so that no agent takes it. */
const RUN = {
  delay: 3_600_000,
  action: "core.login",
  parameters: { user: "ann", token: secret("the parameter's secret") },
};
async function waiting(): Promise<string> {
  return (await client.create(RUN)).id;
}

const GRANT = { permission_types: ["action_execute", "execution_view"], resource_uid: "pack:core" };
const GRANTED = { on: "pack:core", permissions: "action_execute,execution_view" };

/** Each audited act, after the preparation that it needs. */
const ACTS: Record<AuditAction, () => Promise<Act[]>> = {
  sign_in: async () => {
    const of = await user();
    const tried = { method: "POST", path: "/auth/v1/tokens", body: {}, user: of, credential: "password" };
    const wrong = secret("a wrong password");
    const typed = secret("a.password.as.a.name");
    return [
      { ...tried, headers: basic(of, PASSWORD), resource: /^token:[0-9a-f]{24}$/ },
      { ...tried, headers: basic(of, wrong), resource: "", outcome: "refused", status: 401 },
      { ...tried, headers: basic(typed, wrong), user: "", resource: "", outcome: "refused", status: 401 },
    ];
  },
  sign_out: async () => {
    const of = await user();
    const { id, token: text } = await token(of);
    const by = { headers: { "x-auth-token": text }, user: of, credential: `token-${id}` };
    return [remove("/auth/v1/tokens", `token:${id}`, by)];
  },
  "apikey.create": async () => [
    post("/api/v1/apikeys", { user: "bob" }, /^apikey:[0-9a-f]{24}$/, {
      detail: { user: "bob", role: "user" },
    }),
    post("/api/v1/apikeys", { user: "agent", role: "agent", pool: "gpu" }, /^apikey:/, {
      detail: { user: "agent", role: "agent", pool: "gpu" },
    }),
  ],
  "apikey.update": async () => {
    const { id, key } = await keyOf(ask, "bob");
    secret(key);
    const detail = { user: "bob", enabled: false };
    return [put(`/api/v1/apikeys/${id}`, { enabled: false }, `apikey:${id}`, { detail })];
  },
  "apikey.delete": async () => {
    const { id, headers } = await keyOf(ask, "bob");
    const by = { headers, user: "bob", credential: `key-${id}`, detail: { user: "bob" } };
    return [remove(`/api/v1/apikeys/${id}`, `apikey:${id}`, by)];
  },
  "user.create": async () => {
    const of = name("user");
    const twice = { outcome: "failed", status: 409 } as const;
    return [
      post("/api/v1/users", { name: of, password: PASSWORD }, `user:${of}`),
      post("/api/v1/users", { name: of, password: PASSWORD }, `user:${of}`, twice),
    ];
  },
  "user.update": async () => {
    const of = await user();
    const other = secret("another horse battery");
    return [
      put(`/api/v1/users/${of}`, { password: other }, `user:${of}`, { detail: { password: true } }),
      put(`/api/v1/users/${of}`, { enabled: false }, `user:${of}`, { detail: { enabled: false } }),
    ];
  },
  "user.delete": async () => {
    const of = await user();
    return [remove(`/api/v1/users/${of}`, `user:${of}`)];
  },
  "role.create": async () => {
    const of = name("role");
    return [post("/api/v1/rbac/roles", { name: of }, `role:${of}`)];
  },
  "role.delete": async () => {
    const of = await role();
    return [remove(`/api/v1/rbac/roles/${of}`, `role:${of}`)];
  },
  "role.grant": async () => {
    const of = await role();
    return [post(`/api/v1/rbac/roles/${of}/grants`, GRANT, `role:${of}`, { detail: GRANTED })];
  },
  "role.revoke": async () => {
    const of = await role();
    const query = `permission_types=${GRANTED.permissions}&resource_uid=pack:core`;
    return [remove(`/api/v1/rbac/roles/${of}/grants?${query}`, `role:${of}`, { detail: GRANTED })];
  },
  "role.assign": async () => {
    const of = await role();
    const detail = { user: "cid" };
    return [post("/api/v1/rbac/role_assignments", { user: "cid", role: of }, `role:${of}`, { detail })];
  },
  "role.unassign": async () => {
    const of = await role();
    const body = { user: "cid", role: of };
    const { id } = await admin<{ id: string }>("POST", "/api/v1/rbac/role_assignments", body);
    return [remove(`/api/v1/rbac/role_assignments/${id}`, `role:${of}`, { detail: { user: "cid" } })];
  },
  "key.set": async () => {
    const of = name("key");
    const value = secret("the key's secret value");
    return [put(`/api/v1/keys/${of}`, { value, secret: true }, `key:${of}`)];
  },
  "key.delete": async () => {
    const of = name("key");
    await admin("PUT", `/api/v1/keys/${of}`, { value: "x" });
    return [
      remove(`/api/v1/keys/${of}`, `key:${of}`),
      remove(`/api/v1/keys/${of}`, `key:${of}`, { outcome: "failed", status: 404 }),
    ];
  },
  "key.decrypt": async () => {
    const of = name("key");
    await admin("PUT", `/api/v1/keys/${of}`, { value: secret("another secret value"), secret: true });
    return [
      read(`/api/v1/keys/${of}?decrypt=true`, `key:${of}`),
      read(`/api/v1/keys?prefix=${of}&decrypt=true`, `keys:${of}`),
    ];
  },
  "execution.run": async () => [
    post("/api/v1/executions", RUN, /^execution:[0-9a-f]{24}$/, {
      detail: { action: "core.login", pool: "default" },
    }),
    post("/api/v1/executions", { ...RUN, user: "dan" }, /^execution:/, {
      detail: { action: "core.login", pool: "default", user: "dan" },
    }),
    post("/api/v1/executions", { ...RUN, parameters: { user: "{{ nothing_gives_it }}" } }, /^execution:/, {
      detail: { action: "core.login", pool: "default" },
      outcome: "failed",
      status: 400,
    }),
  ],
  "execution.re_run": async () => {
    const of = await over();
    const detail = { action: "core.local", pool: "default", of };
    return [post(`/api/v1/executions/${of}/re_run`, { delay: 3_600_000 }, /^execution:/, { detail })];
  },
  "execution.cancel": async () => {
    const [one, other] = [await waiting(), await waiting()];
    return [
      remove(`/api/v1/executions/${one}`, `execution:${one}`),
      put(`/api/v1/executions/${other}`, { status: "canceling" }, `execution:${other}`),
    ];
  },
  "execution.pause": async () => {
    const of = await chain();
    return [put(`/api/v1/executions/${of}`, { status: "pausing" }, `execution:${of}`)];
  },
  "execution.resume": async () => {
    const of = await chain();
    return [put(`/api/v1/executions/${of}`, { status: "resuming" }, `execution:${of}`)];
  },
  "execution.update": async () => {
    await registerChains(client);
    const { id: of } = await client.create({ action: "chains.login" });
    const result = { stdout: secret("the result's secret") };
    return [put(`/api/v1/executions/${of}`, { status: "succeeded", result }, `execution:${of}`)];
  },
  "execution.pin": async () => {
    const of = await over();
    return [post(`/api/v1/executions/${of}/pin`, undefined, `execution:${of}`)];
  },
  "execution.unpin": async () => {
    const of = await over();
    return [remove(`/api/v1/executions/${of}/pin`, `execution:${of}`)];
  },
  "execution.redact": async () => {
    const of = await over();
    const texts = [secret("a text that got out"), secret("and another")];
    return [post(`/api/v1/executions/${of}/redact`, { texts }, `execution:${of}`, { detail: { texts: 2 } })];
  },
  "execution.index": async () => [
    post("/api/v1/executions/index", { objects: [] }, "", { detail: { objects: 0 } }),
  ],
  "link.create": async () => {
    const of = await over();
    const detail = { link: expect.stringMatching(/^[0-9a-f]{24}$/), ttl: 60 };
    return [post(`/api/v1/executions/${of}/links`, { ttl: 60 }, `execution:${of}`, { detail })];
  },
  "link.revoke": async () => {
    const of = await over();
    const { id } = await admin<{ id: string }>("POST", `/api/v1/executions/${of}/links`, {});
    return [
      remove(`/api/v1/links/${id}`, `execution:${of}`, { detail: { link: id } }),
      remove(`/api/v1/executions/${of}/links`, `execution:${of}`),
    ];
  },
  "pool.keys": async () => [
    put("/api/v1/pools/gpu/keys", { prefixes: ["web."] }, "pool:gpu", { detail: { prefixes: "web." } }),
    put("/api/v1/pools/gpu/keys", { prefixes: null }, "pool:gpu", { detail: { prefixes: "all" } }),
  ],
  "agent.register": async () => {
    const { id, key } = await keyOf(ask, "agent", { role: "agent", pool: "gpu" });
    const by = { headers: { "st2-api-key": secret(key) }, user: "agent", credential: `key-${id}` };
    const detail = { pool: "gpu", name: "host" };
    return [post("/agent/v1/agents", { name: "host" }, /^agent:[0-9a-f]{24}$/, { ...by, detail })];
  },
  "agent.revoke": async () => {
    const id = await registered();
    return [remove(`/api/v1/agents/${id}`, `agent:${id}`, { detail: { pool: "gpu" } })];
  },
  "agent.drain": async () => {
    const id = await registered();
    return [put(`/api/v1/agents/${id}/drain`, undefined, `agent:${id}`, { detail: { pool: "gpu" } })];
  },
  "agent.resume": async () => {
    const id = await registered();
    return [remove(`/api/v1/agents/${id}/drain`, `agent:${id}`, { detail: { pool: "gpu" } })];
  },
  "execution.token": async () => {
    const { id, token: lease, agent } = await run(client);
    const headers = { authorization: `Bearer ${secret(lease)}` };
    const by = { headers, credential: `agent-${agent.id}`, detail: { expiry: expect.any(String) } };
    return [post(`/agent/v1/executions/${id}/token`, undefined, `execution:${id}`, by)];
  },
  "execution.show_secrets": async () => {
    const of = await over();
    return [
      read(`/api/v1/executions/${of}?show_secrets=true`, `execution:${of}`),
      read(`/api/v1/executions/${of}/children?show_secrets=true`, `execution:${of}`),
      read("/api/v1/executions?limit=1&show_secrets=true", "executions"),
    ];
  },
};

async function entries(query = ""): Promise<AuditEntry[]> {
  return json(await ask(`/api/v1/audit?limit=1000${query}`, { headers: asAdmin }));
}

/** The entries written after an entry, oldest first. */
async function since(id: string | undefined): Promise<AuditEntry[]> {
  const all = await entries();
  return all.slice(0, id === undefined ? undefined : all.findIndex((entry) => entry.id === id)).reverse();
}

beforeAll(() => registerActions());
afterAll(() => vi.restoreAllMocks());

describe("the audit log", () => {
  it.each(Object.entries(ACTS))(
    "has one entry for each %s: the user, the credential, the address, the resource and the outcome",
    async (action, acts) => {
      for (const act of await acts()) {
        const [last] = await entries("&limit=1");
        const asked: Asked = {
          method: act.method,
          headers: { ...(act.headers ?? asAdmin), ...FROM },
          body: act.body,
        };
        const response = await ask(act.path, asked);
        const text = await response.text();
        if (action === "link.create") secret(new URL(JSON.parse(text).url).search.slice("?link=".length));
        if (action === "agent.register") secret(JSON.parse(text).secret);
        if (action === "apikey.create") secret(JSON.parse(text).key);
        if (action === "execution.token") secret(JSON.parse(text).token);
        if (action === "sign_in" && response.ok) secret(JSON.parse(text).token);
        expect([text, response.status]).toEqual([text, act.status ?? expect.toBeOneOf([200, 201, 204])]);
        const match = (value: string | RegExp) =>
          typeof value === "string" ? value : expect.stringMatching(value);
        expect(await since(last?.id)).toEqual([
          {
            id: expect.stringMatching(/^[0-9a-f]{24}$/),
            timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
            action,
            outcome: act.outcome ?? "done",
            user: act.user ?? "admin",
            credential: match(act.credential ?? "first-key"),
            address: ADDRESS,
            user_agent: "curl/8.5.0 of mine",
            resource: match(act.resource),
            detail: act.detail ?? {},
          },
        ]);
      }
    },
  );

  it("has one entry for a single sign-on, and then one for each act with it", async () => {
    const { assertion, settings } = await signOn("eve@example.com");
    secret(assertion);
    const headers = { "cf-access-jwt-assertion": assertion, "content-type": "application/json" };
    const [last] = await entries();
    const signed_on = askWith(settings);
    for (let asked = 0; asked < 3; asked++) await json(await signed_on("/api/v1/user", { headers }));
    await json(await signed_on("/api/v1/apikeys", { method: "POST", headers, body: {} }), 201);
    const told = await since(last?.id);
    expect(told.map(({ action, user, credential }) => [action, user, credential])).toEqual([
      ["sign_in", "eve@example.com", expect.stringMatching(/^sso-[0-9a-f]{64}$/)],
      ["apikey.create", "eve@example.com", told[0]?.credential],
    ]);
  });

  it("has no entry for a refused request or a mere read", async () => {
    const of = await over();
    const { headers } = await keyOf(ask, "nobody");
    const [last] = await entries();
    const refused: [string, string, unknown, Record<string, string>][] = [
      ["POST", "/api/v1/users", { name: "x", password: PASSWORD }, headers],
      ["POST", "/api/v1/executions", RUN, headers],
      ["POST", "/api/v1/executions", { action: "core.nothing" }, asAdmin],
      ["DELETE", `/api/v1/executions/${of}`, undefined, asAdmin],
      ["PUT", `/api/v1/executions/${of}`, { status: "pausing" }, asAdmin],
      ["GET", `/api/v1/executions/${of}?show_secrets=false`, undefined, asAdmin],
      ["GET", `/api/v1/executions/${of}?show_secrets=true`, undefined, headers],
      ["GET", "/api/v1/keys", undefined, asAdmin],
      ["GET", "/api/v1/audit", undefined, headers],
    ];
    for (const [method, path, body, by] of refused)
      await (await ask(path, { method, headers: by, body })).text();
    expect(await since(last?.id)).toEqual([]);
  });

  it("refuses acts that it cannot record, but still cancels", async () => {
    const of = await waiting();
    await env.INDEX.exec("ALTER TABLE audit RENAME TO audit_away");
    try {
      const denied: [string, string, unknown][] = [
        ["POST", "/api/v1/users", { name: "untold", password: PASSWORD }],
        ["POST", "/api/v1/apikeys", { user: "untold" }],
        ["POST", "/api/v1/executions", RUN],
        ["GET", `/api/v1/executions/${of}?show_secrets=true`, undefined],
      ];
      for (const [method, path, body] of denied) {
        const response = await ask(path, { method, headers: asAdmin, body });
        expect([path, response.status]).toEqual([path, 503]);
        expect(await response.text()).not.toMatch(/sqlite|audit_away| at /i);
      }
      const canceled = await ask(`/api/v1/executions/${of}`, { method: "DELETE", headers: asAdmin });
      expect(await json(canceled)).toMatchObject({ status: "canceled" });
    } finally {
      await env.INDEX.exec("ALTER TABLE audit_away RENAME TO audit");
    }
    expect((await ask("/api/v1/users/untold", { headers: asAdmin })).status).toBe(404);
    expect(await json(await ask("/api/v1/apikeys?user=untold", { headers: asAdmin }))).toEqual([]);
  });

  it("can be read in pages and with filters, by administrators only, along an index", async () => {
    const all = await entries();
    const paged: AuditEntry[] = [];
    for (let before = ""; ; ) {
      const page: AuditEntry[] = await json(
        await ask(`/api/v1/audit?limit=7${before}`, { headers: asAdmin }),
      );
      paged.push(...page);
      if (page.length < 7) break;
      before = `&before=${page.at(-1)?.id}`;
    }
    expect(paged).toEqual(all);
    const newest = all[0];
    const oldest = all.at(-1);
    expect(await entries("&action=user.create&outcome=failed")).toEqual(
      all.filter(({ action, outcome }) => action === "user.create" && outcome === "failed"),
    );
    expect(await entries("&user=bob")).toEqual(all.filter(({ user }) => user === "bob"));
    expect(await entries(`&resource=${newest?.resource}`)).toContainEqual(newest);
    expect(await entries(`&until=${oldest?.timestamp}`)).toEqual([]);
    expect(await entries(`&since=${oldest?.timestamp}`)).toEqual(all);
    expect(await entries("&since=2100-01-01")).toEqual([]);
    expect(await entries("&until=9999-12-31")).toEqual(all);
    for (const query of ["limit=0", "limit=1001", "action=x", "outcome=x", "since=soon", "before=x"])
      expect((await ask(`/api/v1/audit?${query}`, { headers: asAdmin })).status).toBe(400);
    const { headers } = await keyOf(ask, "nobody");
    expect((await ask("/api/v1/audit", { headers })).status).toBe(403);
    for (const equal of [{}, { user: "ann" }, { action: "sign_in" }, { resource: "user:ann" }]) {
      const { sql, values } = auditQuery({ equal, from: firstId(1), below: firstId(Date.now()), limit: 10 });
      const plan = await env.INDEX.prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .bind(...values)
        .all<{ detail: string }>();
      const steps = plan.results.map(({ detail }) => detail).join("\n");
      expect(steps).toMatch(/SEARCH audit USING (INDEX audit_by_|PRIMARY KEY)/);
      expect(steps).not.toContain("TEMP B-TREE");
    }
  });

  it("deletes expired entries in bounded portions while new ones are written", async () => {
    const old = firstId(Date.now() - 31 * 24 * 60 * 60 * 1000).slice(0, 12);
    const young = firstId(Date.now() - 29 * 24 * 60 * 60 * 1000).slice(0, 12);
    await env.INDEX.prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
       INSERT INTO audit SELECT ?1 || printf('%012x', i), 'sign_in', 'done', 'old', '', '', '', '', '{}' FROM n
       UNION ALL VALUES (?2 || '000000000001', 'sign_in', 'done', 'old', '', '', '', '', '{}')`,
    )
      .bind(old, young)
      .run();
    const left = async () => (await entries("&user=old")).length;
    const write = async (settings: Parameters<typeof askWith>[0]) => {
      for (let times = 0; times < 64; times++)
        await askWith(settings)("/api/v1/keys/swept", {
          method: "PUT",
          headers: asAdmin,
          body: { value: "x" },
        });
    };
    await write({ AUDIT_TTL_DAYS: 0 });
    expect(await left()).toBe(1_000);
    await write({ AUDIT_TTL_DAYS: 30 });
    expect(await left()).toBe(201);
    await write({ AUDIT_TTL_DAYS: 30 });
    expect(await entries("&user=old")).toMatchObject([{ id: `${young}000000000001` }]);
  });

  it("contains no secret that was sent or received", async () => {
    const { results } = await env.INDEX.prepare("SELECT * FROM audit").all();
    const text = JSON.stringify(results);
    expect(results.length).toBeGreaterThan(40);
    expect([...secrets].length).toBeGreaterThan(10);
    for (const secret of secrets) expect([secret, text.includes(secret)]).toEqual([secret, false]);
  });
});

describe("every operation", () => {
  it("that changes something for a user is in the log", () => {
    const changing = Object.entries(OPERATIONS).filter(([key]) => !key.startsWith("GET "));
    // Agents report their packs themselves, and the validation of a token changes nothing.
    const untold = changing.filter(([key, { audit }]) => audit === undefined && !key.includes(" /agent/v1/"));
    expect(untold.map(([key]) => key)).toEqual(["POST /auth/v1/tokens/validate"]);
    const told = changing.flatMap(([, { audit = [] }]) => audit);
    expect([...new Set(told)].sort()).toEqual(
      AUDIT_ACTIONS.filter((action) => !/decrypt/.test(action)).sort(),
    );
  });
});

/** Registers an agent of the pool gpu, and returns its id. */
async function registered(): Promise<string> {
  const { headers } = await keyOf(ask, "agent", { role: "agent", pool: "gpu" });
  const made = await ask("/agent/v1/agents", { method: "POST", headers, body: { name: "host" } });
  const agent = await json<{ id: string; secret: string }>(made, 201);
  secret(agent.secret);
  return agent.id;
}
