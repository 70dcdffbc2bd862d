import { beforeAll, describe, expect, it } from "vitest";
import { asAdmin, askWith, json, keyOf, userWith } from "./support/identity.ts";
import { registerActions } from "./support/world.ts";

const SETTINGS = { RBAC_ENABLED: true, SSO_ROLES: '{"user:chief@example.com": "system_admin"}' };
const ask = askWith(SETTINGS);
const PASSWORD = "correct horse battery";

/** The users of each kind, by name, each with a key. */
const asking: Record<string, Record<string, string>> = {};
/** A system administrator's account, and the id of their key. */
let chief: string;
let chiefsKey: string;
let plain: string;
let plainsKey: string;

async function account(
  role: string,
): Promise<{ name: string; key: string; headers: Record<string, string> }> {
  const { user: name, headers } = await userWith(ask, [], role);
  await json(
    await ask("/api/v1/users", { method: "POST", headers: asAdmin, body: { name, password: PASSWORD } }),
    201,
  );
  return { name, key: (await keyOf(ask, name)).id, headers };
}

beforeAll(async () => {
  await registerActions();
  asking.first = asAdmin;
  for (const role of ["system_admin", "admin", "observer"])
    asking[role] = (await userWith(ask, [], role)).headers;
  asking.user = (await userWith(ask, [{ permission_types: ["action_execute"] }])).headers;
  const [one, other] = [await account("system_admin"), await account("observer")];
  [chief, chiefsKey] = [one.name, one.key];
  [plain, plainsKey] = [other.name, other.key];
});

type Request = [method: string, path: string, body?: unknown];

/** The acts of an administrator on a user, or in their name. */
const ACTS: Record<string, (user: string, key: string) => Request> = {
  "set a password": (user) => ["PUT", `/api/v1/users/${user}`, { password: PASSWORD }],
  disable: (user) => ["PUT", `/api/v1/users/${user}`, { enabled: false }],
  enable: (user) => ["PUT", `/api/v1/users/${user}`, { enabled: true }],
  "make a key": (user) => ["POST", "/api/v1/apikeys", { user }],
  "make an administrator's key": (user) => ["POST", "/api/v1/apikeys", { user, role: "admin" }],
  "disable a key": (_, key) => ["PUT", `/api/v1/apikeys/${key}`, { enabled: false }],
  "enable a key": (_, key) => ["PUT", `/api/v1/apikeys/${key}`, { enabled: true }],
  run: (user) => ["POST", "/api/v1/executions", { action: "core.local", parameters: { cmd: "true" }, user }],
  "set a key of theirs": (user) => ["PUT", "/api/v1/keys/x", { value: "x", scope: "user", user }],
  "read a key of theirs": (user) => ["GET", `/api/v1/keys/x?user=${user}`],
  "list their keys": (user) => ["GET", `/api/v1/keys?user=${user}`],
  "delete a key of theirs": (user) => ["DELETE", `/api/v1/keys/x?user=${user}`],
};

async function send(by: string, [method, path, body]: Request): Promise<number> {
  const response = await ask(path, {
    method,
    headers: asking[by] ?? {},
    ...(body === undefined ? {} : { body }),
  });
  await response.body?.cancel();
  return response.status;
}

describe.each(Object.keys(ACTS))("the act to %s", (act) => {
  const request = ACTS[act] ?? (() => ["GET", "/"]);

  it("on a user is permitted to an administrator", async () => {
    const statuses = [];
    for (const by of ["first", "system_admin", "admin"])
      statuses.push(await send(by, request(plain, plainsKey)));
    for (const status of statuses) expect([200, 201, 204, 404]).toContain(status);
    for (const by of ["observer", "user"])
      expect([403, 404]).toContain(await send(by, request(plain, plainsKey)));
  });

  it("on a system administrator is permitted to a system administrator only", async () => {
    for (const by of ["admin", "observer", "user"])
      expect([by, await send(by, request(chief, chiefsKey))]).toEqual([
        by,
        by === "admin" ? 403 : expect.any(Number),
      ]);
    for (const by of ["observer", "user"])
      expect([403, 404]).toContain(await send(by, request(chief, chiefsKey)));
    for (const by of ["system_admin", "first"])
      expect([200, 201, 204, 404]).toContain(await send(by, request(chief, chiefsKey)));
  });
});

describe("an administrator", () => {
  const admin = (...request: Request) => send("admin", request);

  it("cannot give or remove the role system_admin", async () => {
    const [assignment] = await json<{ id: string }[]>(
      await ask(`/api/v1/rbac/role_assignments?user=${chief}`, { headers: asAdmin }),
    );
    expect(await admin("DELETE", `/api/v1/rbac/role_assignments/${assignment?.id}`)).toBe(403);
    expect(await admin("POST", "/api/v1/rbac/role_assignments", { user: plain, role: "system_admin" })).toBe(
      403,
    );
  });

  it("cannot create an account in the name of a user without an account here", async () => {
    const make = (name: string) => admin("POST", "/api/v1/users", { name, password: PASSWORD });
    const { user } = await userWith(ask, [], "system_admin");
    for (const name of [user, "chief@example.com", "admin"])
      expect([name, await make(name)]).toEqual([name, 403]);
    expect(await make("newcomer")).toBe(201);
  });

  it("cannot delete a system administrator or their key", async () => {
    expect(await admin("DELETE", `/api/v1/apikeys/${chiefsKey}`)).toBe(403);
    expect(await admin("DELETE", `/api/v1/users/${chief}`)).toBe(403);
    expect(await admin("DELETE", `/api/v1/apikeys/${plainsKey}`)).toBe(204);
    expect(await admin("DELETE", `/api/v1/users/${plain}`)).toBe(204);
  });

  it("has the same limits where roles do not count now", async () => {
    const off = askWith({ ...SETTINGS, RBAC_ENABLED: false });
    const { headers } = await keyOf(off, "anybody");
    const body = { password: PASSWORD };
    expect((await off(`/api/v1/users/${chief}`, { method: "PUT", headers, body })).status).toBe(403);
    const key = { method: "POST", headers, body: { user: "admin" } };
    expect((await off("/api/v1/apikeys", key)).status).toBe(403);
  });
});

it("a system administrator changes their own password and keys", async () => {
  const { name, key, headers } = await account("system_admin");
  const put = (path: string, body: unknown) => ask(path, { method: "PUT", headers, body });
  expect((await put(`/api/v1/users/${name}`, { password: PASSWORD })).status).toBe(200);
  expect((await put(`/api/v1/apikeys/${key}`, { enabled: false })).status).toBe(200);
});
