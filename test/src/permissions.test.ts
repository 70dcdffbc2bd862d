import { beforeAll, describe, expect, it } from "vitest";
import type { User } from "../../protocol/model/identity.ts";
import { eachGrant, mayRun, mayStop } from "../../protocol/model/permissions.ts";
import {
  asAdmin,
  askWith,
  BodyText,
  type Granted,
  json,
  keyOf,
  userWith as makeUser,
} from "./support/identity.ts";
import { chunks, clientWith, ended, registerActions, run } from "./support/world.ts";

const ask = askWith({ RBAC_ENABLED: true });
const client = clientWith();

let id: string;
beforeAll(async () => {
  await registerActions();
  const execution = await run(client);
  await client.append(execution.id, execution.token, chunks(1, "hello\n"));
  await client.end(execution.id, execution.token, ended(1));
  id = execution.id;
});

const userWith = (grants: Granted[], role?: string) => makeUser(ask, grants, role);

const CMD = { action: "core.local", parameters: { cmd: "true" } };

/** The permission that each endpoint of the contract needs, and its request. */
const ENDPOINTS = {
  "GET execution": ["GET", () => `/api/v1/executions/${id}`, "execution_view", "execution"],
  "GET execution/output": ["GET", () => `/api/v1/executions/${id}/output`, "execution_view", "execution"],
  "GET execution/children": ["GET", () => `/api/v1/executions/${id}/children`, "execution_view", "execution"],
  "GET execution/attribute": [
    "GET",
    () => `/api/v1/executions/${id}/attribute/status`,
    "execution_view",
    "execution",
  ],
  "GET execution/result": ["GET", () => `/api/v1/executions/${id}/result`, "execution_view", "execution"],
  "GET executions": ["GET", () => "/api/v1/executions", "execution_list", undefined],
  "POST executions": ["POST", () => "/api/v1/executions", "action_execute", "action"],
  "PUT execution": ["PUT", () => `/api/v1/executions/${id}`, "execution_stop", "execution"],
  "DELETE execution": ["DELETE", () => `/api/v1/executions/${id}`, "execution_stop", "execution"],
  re_run: ["POST", () => `/api/v1/executions/${id}/re_run`, "execution_view", "execution"],
  links: ["POST", () => `/api/v1/executions/${id}/links`, "execution_view", "execution"],
  "GET actions": ["GET", () => "/api/v1/actions", "action_list", undefined],
  "GET action": ["GET", () => "/api/v1/actions/core.local", "action_view", "action"],
  "GET packs": ["GET", () => "/api/v1/packs", "pack_list", undefined],
  stream: ["GET", () => "/stream/v1/stream", "stream_view", undefined],
  "stream/output": ["GET", () => `/stream/v1/executions/${id}/output`, "stream_view", undefined],
} as const satisfies Record<string, [string, () => string, string, "execution" | "action" | undefined]>;
type Endpoint = keyof typeof ENDPOINTS;
const ALL = Object.keys(ENDPOINTS) as Endpoint[];

async function use(endpoint: Endpoint, headers: Record<string, string>): Promise<Response> {
  const [method, path] = ENDPOINTS[endpoint];
  const bodies: Partial<Record<Endpoint, unknown>> = {
    "POST executions": CMD,
    "PUT execution": { status: "canceled" },
    re_run: {},
    links: {},
  };
  return ask(path(), { method, headers, body: bodies[endpoint] });
}

/** The endpoints that do not refuse a user for a missing permission. */
async function openTo(headers: Record<string, string>): Promise<Endpoint[]> {
  const open: Endpoint[] = [];
  for (const endpoint of ALL) {
    const response = await use(endpoint, headers);
    if (response.status !== 403) open.push(endpoint);
    await response.body?.cancel();
  }
  return open;
}

describe("a follower", () => {
  it("without the permission gets 403 and no byte, by each way of reading", async () => {
    const { headers } = await userWith([{ permission_types: ["stream_view", "execution_list"] }]);
    const output = `/api/v1/executions/${id}/output`;
    const ways: [string, Record<string, string>][] = [
      [output, {}],
      [`${output}?format=ndjson`, {}],
      [`${output}?format=sse`, {}],
      [output, { upgrade: "websocket" }],
      [`/stream/v1/executions/${id}/output`, {}],
    ];
    for (const [path, more] of ways) {
      const response = await ask(path, { headers: { ...headers, ...more } });
      expect([path, response.status]).toEqual([path, 403]);
      expect(await response.text()).not.toContain("hello");
    }
    // The execution `last` is the last that the user may view.
    expect((await ask("/api/v1/executions/last/output", { headers })).status).toBe(400);
  });

  it("of all events gets only the executions that it may view", async () => {
    const { headers } = await userWith([
      { permission_types: ["stream_view"] },
      { permission_types: ["action_view"], resource_uid: "action:core:login" },
    ]);
    const body = new BodyText(await ask("/stream/v1/stream?events=*", { headers }));
    const hidden = await run(client);
    await client.append(hidden.id, hidden.token, chunks(1, "hidden\n"));
    await client.end(hidden.id, hidden.token, ended(1));
    const shown = await client.create({ action: "core.login", parameters: { user: "ann", token: "s3cr3t" } });
    await client.cancel(shown.id);
    await expect.poll(() => body.text).toContain(shown.id);
    expect(body.text).not.toContain(hidden.id);
    expect(body.text).not.toContain("hidden");
  });
});

describe("a user without a role", () => {
  it.each(ALL)("is refused %s, and StackStorm's text names the missing permission", async (endpoint) => {
    const { headers, user } = await userWith([]);
    const [, , permission, kind] = ENDPOINTS[endpoint];
    const on =
      kind === undefined
        ? ""
        : ` on resource "${kind === "execution" ? `execution:${id}` : "action:core:local"}"`;
    expect(await json(await use(endpoint, headers), 403)).toEqual({
      faultstring: `User "${user}" doesn't have required permission "${permission}"${on}`,
      code: "forbidden",
      request_id: expect.any(String),
    });
  });

  it("may read their own identity and the runners", async () => {
    const { headers, user } = await userWith([]);
    expect(await json(await ask("/api/v1/user", { headers }))).toMatchObject({
      username: user,
      rbac: { enabled: true, roles: [`role-of-${user}`], is_admin: false },
    });
    expect((await ask("/api/v1/runnertypes", { headers })).status).toBe(200);
  });
});

describe("a user's own identity", () => {
  const grantsOf = async (headers: Record<string, string>) =>
    (await json<User>(await ask("/api/v1/user", { headers }))).rbac.permission_grants;

  it("has the grants of all their roles together", async () => {
    const { headers, user } = await userWith([
      { permission_types: ["execution_list"] },
      { permission_types: ["action_execute", "action_view"], resource_uid: "action:core:local" },
    ]);
    const post = (path: string, body: unknown) => ask(path, { method: "POST", headers: asAdmin, body });
    const permission_grants = [
      { permission_types: ["execution_list", "stream_view"] },
      { permission_types: ["pack_view"], resource_uid: "pack:core" },
    ];
    await json(await post("/api/v1/rbac/roles", { name: `more-of-${user}`, permission_grants }), 201);
    await json(await post("/api/v1/rbac/role_assignments", { user, role: `more-of-${user}` }), 201);
    const told = (await grantsOf(headers)).map(({ resource_uid, permission_types }) => [
      resource_uid,
      permission_types.sort(),
    ]);
    expect(told.sort()).toEqual([
      [null, ["execution_list", "stream_view"]],
      ["action:core:local", ["action_execute", "action_view"]],
      ["pack:core", ["pack_view"]],
    ]);
  });

  it("has the grants of an observer, and none for an administrator", async () => {
    const observer = await userWith([], "observer");
    const [all, ...others] = await grantsOf(observer.headers);
    expect(others).toEqual([]);
    expect(all).toMatchObject({ resource_uid: null });
    expect(all?.permission_types).toEqual(expect.arrayContaining(["execution_view", "stream_view"]));
    expect(all?.permission_types).not.toContain("action_execute");
    expect(await grantsOf((await userWith([], "admin")).headers)).toEqual([]);
    expect(await grantsOf(asAdmin)).toEqual([]);
  });
});

const VIEWS: Endpoint[] = [
  "GET execution",
  "GET execution/output",
  "GET execution/children",
  "GET execution/attribute",
  "GET execution/result",
  "links",
];
const CHANGES: Endpoint[] = ["PUT execution", "DELETE execution"];

describe("a permission opens what StackStorm says, and no more:", () => {
  const rows: [string, string | undefined, Endpoint[]][] = [
    ["execution_view", undefined, VIEWS],
    ["execution_view", "pack:core", VIEWS],
    ["execution_view", "action:core:local", VIEWS],
    ["execution_view", "pack:other", []],
    ["execution_view", "action:core:other", []],
    ["action_view", "action:core:local", [...VIEWS, "GET action"]],
    ["action_view", "pack:core", [...VIEWS, "GET action"]],
    [
      "action_execute",
      "action:core:local",
      [...VIEWS, ...CHANGES, "POST executions", "re_run", "GET action"],
    ],
    ["action_all", "action:core:local", [...VIEWS, ...CHANGES, "POST executions", "re_run", "GET action"]],
    ["pack_all", "pack:core", [...VIEWS, ...CHANGES, "POST executions", "re_run", "GET action"]],
    ["action_execute", "action:core:disabled", []],
    ["execution_stop", "pack:core", CHANGES],
    ["execution_list", undefined, ["GET executions"]],
    ["action_list", undefined, ["GET actions"]],
    ["pack_list", undefined, ["GET packs"]],
    ["pack_view", "pack:core", []],
    ["stream_view", undefined, ["stream"]],
  ];
  it.each(rows)("%s on %s", async (permission, resource_uid, endpoints) => {
    const grant = { permission_types: [permission], ...(resource_uid ? { resource_uid } : {}) };
    const { headers } = await userWith([grant]);
    expect((await openTo(headers)).sort()).toEqual([...endpoints].sort());
    // The page's offers, by the user's own grants, agree with the server.
    const { rbac } = await json<User>(await ask("/api/v1/user", { headers }));
    const rights = { is_admin: rbac.is_admin, grants: eachGrant(rbac.permission_grants) };
    const opens = (endpoint: Endpoint) => endpoints.includes(endpoint);
    const may_run = mayRun(rights, { ref: "core.local", pool: "default" });
    const may_stop = mayStop(rights, { id, action: { ref: "core.local" } });
    expect({ may_run, again: may_run, may_stop, otherwise: may_stop }).toEqual({
      may_run: opens("POST executions"),
      again: opens("re_run"),
      may_stop: opens("DELETE execution"),
      otherwise: opens("PUT execution"),
    });
  });

  it("the stream of one execution needs two permissions", async () => {
    const { headers } = await userWith([
      { permission_types: ["stream_view"] },
      { permission_types: ["execution_view"], resource_uid: "pack:core" },
    ]);
    expect((await use("stream/output", headers)).status).toBe(200);
    const streamer = await userWith([{ permission_types: ["stream_view"] }]);
    expect(await json(await use("stream/output", streamer.headers), 403)).toMatchObject({
      faultstring: `User "${streamer.user}" doesn't have required permission "execution_view" on resource "execution:${id}"`,
    });
  });

  it("a re-run needs to view the source and to execute its action", async () => {
    const { headers, user } = await userWith([{ permission_types: ["execution_view"] }]);
    expect(await json(await use("re_run", headers), 403)).toMatchObject({
      faultstring: `User "${user}" doesn't have required permission "action_execute" on resource "action:core:local"`,
    });
  });
});

describe("system roles", () => {
  it("let an observer view everything and change nothing", async () => {
    const { headers } = await userWith([], "observer");
    const closed: Endpoint[] = [...CHANGES, "POST executions", "re_run"];
    expect((await openTo(headers)).sort()).toEqual(ALL.filter((name) => !closed.includes(name)).sort());
    for (const path of [
      "/api/v1/users",
      "/api/v1/rbac/roles",
      "/api/v1/pools/default/agents",
      "/api/v1/pools/default/keys",
    ]) {
      expect(await json(await ask(path, { headers }), 403)).toMatchObject({
        faultstring: "Administrator access required",
      });
    }
    expect((await ask("/agent/v1/actions", { method: "POST", headers, body: { actions: [] } })).status).toBe(
      403,
    );
    const page = await ask("/api/v1/executions?limit=-1", { headers });
    expect(page.status).toBe(403);
    expect((await ask("/api/v1/executions?limit=101", { headers })).status).toBe(403);
  });

  it.each(["admin", "system_admin"])("let an %s do everything", async (role) => {
    const { headers } = await userWith([], role);
    expect((await openTo(headers)).sort()).toEqual([...ALL].sort());
    for (const path of ["/api/v1/users", "/api/v1/keys", "/api/v1/rbac/roles", "/api/v1/executions?limit=-1"])
      expect((await ask(path, { headers })).status).toBe(200);
    expect(await json(await ask("/api/v1/user", { headers }))).toMatchObject({
      rbac: { roles: [role], is_admin: true },
    });
  });

  it("let only a system administrator assign and remove the role system_admin", async () => {
    const { headers } = await userWith([], "admin");
    const give = (role: string) =>
      ask("/api/v1/rbac/role_assignments", { method: "POST", headers, body: { user: "mallory", role } });
    expect((await give("system_admin")).status).toBe(403);
    expect((await give("observer")).status).toBe(201);
  });

  it("let only an administrator run an action in another user's name", async () => {
    const create = (headers: Record<string, string>, asking = ask) =>
      asking("/api/v1/executions", { method: "POST", headers, body: { ...CMD, user: "somebody" } });
    const { headers } = await userWith([{ permission_types: ["action_execute"] }]);
    expect(await json(await create(headers), 403)).toMatchObject({
      faultstring: '"user" attribute can only be provided by admins when RBAC is enabled',
    });
    expect(await json(await create(asAdmin), 201)).toMatchObject({ context: { user: "somebody" } });
    expect(await json(await create(asAdmin, askWith()), 403)).toMatchObject({
      faultstring: '"user" attribute can only be provided by admins when RBAC is enabled',
    });
  });
});

describe("roles", () => {
  it("are created, granted, listed and deleted by StackStorm's names", async () => {
    const post = (path: string, body: unknown) => ask(path, { method: "POST", headers: asAdmin, body });
    const made = await post("/api/v1/rbac/roles", { name: "operators", description: "who runs things" });
    const role = await json<{ id: string }>(made, 201);
    await json(
      await post("/api/v1/rbac/roles/operators/grants", {
        resource_uid: "pack:core",
        permission_types: ["action_execute", "pack_view"],
      }),
      201,
    );
    expect(await json(await ask(`/api/v1/rbac/roles/${role.id}`, { headers: asAdmin }))).toEqual({
      id: role.id,
      name: "operators",
      description: "who runs things",
      system: false,
      permission_grant_objects: [
        {
          resource_uid: "pack:core",
          resource_type: "pack",
          permission_types: ["action_execute", "pack_view"],
        },
      ],
    });
    const less = await ask(
      "/api/v1/rbac/roles/operators/grants?permission_types=pack_view&resource_uid=pack:core",
      { method: "DELETE", headers: asAdmin },
    );
    expect(await json(less)).toMatchObject({
      permission_grant_objects: [{ permission_types: ["action_execute"] }],
    });
    const system = await json<{ name: string }[]>(
      await ask("/api/v1/rbac/roles?system=true", { headers: asAdmin }),
    );
    expect(system.map(({ name }) => name)).toEqual(["system_admin", "admin", "observer"]);
    await json(await post("/api/v1/rbac/role_assignments", { user: "ann", role: "operators" }), 201);
    const assigned = await ask("/api/v1/rbac/role_assignments?role=operators", { headers: asAdmin });
    expect(await json(assigned)).toEqual([
      { id: expect.any(String), user: "ann", role: "operators", source: "API", is_remote: false },
    ]);
    const types = await ask("/api/v1/rbac/permission_types", { headers: asAdmin });
    expect(await json(types)).toMatchObject({ stream: ["stream_view"] });
    expect((await ask("/api/v1/rbac/roles/operators", { method: "DELETE", headers: asAdmin })).status).toBe(
      204,
    );
    expect((await ask("/api/v1/rbac/roles/operators", { headers: asAdmin })).status).toBe(404);
    expect(await json(await ask("/api/v1/rbac/role_assignments?user=ann", { headers: asAdmin }))).toEqual([]);
  });

  it.each([
    [
      { resource_uid: "pack:core", permission_types: ["execution_list"] },
      /"execution_list" is not one that is granted on "pack:core"/,
    ],
    [
      { resource_uid: "action:core:local", permission_types: ["pack_view"] },
      /"pack_view" is not one that is granted on "action:core:local"/,
    ],
    [{ resource_uid: "core.local", permission_types: ["action_view"] }, /pack:NAME or action:PACK:NAME/],
    [
      { resource_uid: "pack:core", permission_types: ["key_value_pair_view"] },
      /"key_value_pair_view" is not one that is granted on "pack:core"/,
    ],
    [
      { resource_uid: "key_value_pair:st2kv.system:a", permission_types: ["action_view"] },
      /"action_view" is not one that is granted on "key_value_pair:st2kv.system:a"/,
    ],
    [
      { resource_uid: "key_value_pair:st2kv.user:ann:a", permission_types: ["key_value_pair_view"] },
      /key_value_pair:st2kv.system:NAME/,
    ],
    [{ permission_types: ["rule_view"] }, /permission_types/],
    [{ permission_types: [] }, /permission_types/],
  ])("refuse the grant %j", async (grant, text) => {
    const body = { name: "misfit", permission_grants: [grant] };
    const refused = await ask("/api/v1/rbac/roles", { method: "POST", headers: asAdmin, body });
    expect((await json<{ faultstring: string }>(refused, 400)).faultstring).toMatch(text);
  });

  it("of the system stay, and their names are taken", async () => {
    const remove = await ask("/api/v1/rbac/roles/admin", { method: "DELETE", headers: asAdmin });
    expect(remove.status).toBe(400);
    const twice = await ask("/api/v1/rbac/roles", {
      method: "POST",
      headers: asAdmin,
      body: { name: "observer" },
    });
    expect(twice.status).toBe(409);
  });

  it("cannot be created when they do not count, and the refusal names the setting", async () => {
    const refused = await askWith()("/api/v1/rbac/roles", {
      method: "POST",
      headers: asAdmin,
      body: { name: "idle" },
    });
    expect((await json<{ faultstring: string }>(refused, 400)).faultstring).toContain("RBAC_ENABLED");
  });
});

describe("where roles do not count", () => {
  it("every user is an administrator, an agent is not, and a key is needed", async () => {
    const off = askWith();
    const { headers } = await keyOf(off, "anybody");
    expect(await json(await off("/api/v1/user", { headers }))).toMatchObject({
      rbac: { enabled: false, is_admin: true },
    });
    const agent = await keyOf(off, "agent", { role: "agent", pool: "default" });
    expect((await off("/api/v1/executions", { headers: agent.headers })).status).toBe(403);
    expect((await off("/api/v1/executions")).status).toBe(401);
  });
});

describe("keys", () => {
  it("belong to one user, are hidden from others, and cannot raise a user's rights", async () => {
    const { headers, user } = await userWith([]);
    const other = await keyOf(ask, "other");
    const post = (body: unknown) => ask("/api/v1/apikeys", { method: "POST", headers, body });
    const own = await json<{ id: string }>(await post({}), 201);
    const listed = await json<{ user: string }[]>(await ask("/api/v1/apikeys?user=other", { headers }));
    expect(new Set(listed.map((key) => key.user))).toEqual(new Set([user]));
    for (const method of ["GET", "DELETE"])
      expect((await ask(`/api/v1/apikeys/${other.id}`, { method, headers })).status).toBe(404);
    expect((await ask(`/api/v1/apikeys/${own.id}`, { method: "DELETE", headers })).status).toBe(204);
    expect((await post({ user: "other" })).status).toBe(403);
    expect((await post({ role: "admin" })).status).toBe(403);
    expect((await post({ role: "agent", pool: "default" })).status).toBe(403);
  });
});
