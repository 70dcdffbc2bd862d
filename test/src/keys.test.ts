import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { USER_KEYS_MAX } from "../../protocol/base/limits.ts";
import type { Key } from "../../protocol/model/key.ts";
import { asAdmin, askWith, type Granted, json, keyOf, userWith } from "./support/identity.ts";

const ask = askWith({ RBAC_ENABLED: true });
type Headers = Record<string, string>;

const put = (headers: Headers, name: string, body: Record<string, unknown>, query = "") =>
  ask(`/api/v1/keys/${encodeURIComponent(name)}${query}`, { method: "PUT", headers, body });
const get = (headers: Headers, name: string, query = "") => ask(`/api/v1/keys/${name}${query}`, { headers });
const remove = (headers: Headers, name: string, query = "") =>
  ask(`/api/v1/keys/${name}${query}`, { method: "DELETE", headers });
const list = async (headers: Headers, query = "") =>
  json<Key[]>(await ask(`/api/v1/keys?prefix=k.${query}`, { headers }));
const names = (keys: Key[]) => keys.map(({ scope, user, name }) => [scope, user ?? "", name].join(" "));

const on = (name: string, ...permission_types: string[]): Granted => ({
  resource_uid: `key_value_pair:st2kv.system:${name}`,
  permission_types,
});

beforeAll(async () => {
  await json(await put(asAdmin, "k.plain", { value: "plain" }));
  await json(await put(asAdmin, "k.secret", { value: "s3cret", secret: true }));
});

/** The status of each operation on a secret key, each on a new key. */
async function mayDo(headers: Headers, name: string) {
  await json(await put(asAdmin, name, { value: "s3cret", secret: true }));
  const listed = (await list(headers)).some((key) => key.name === name);
  const statuses = {
    listed,
    get: (await get(headers, name)).status,
    open: (await get(headers, name, "?decrypt=true")).status,
    set: (await put(headers, name, { value: "other" })).status,
    delete: (await remove(headers, name)).status,
  };
  await remove(asAdmin, name);
  return statuses;
}

describe("a key of the scope system", () => {
  const NOTHING = { listed: false, get: 403, open: 403, set: 403, delete: 403 };
  const LISTED = { ...NOTHING, listed: true, get: 200 };
  const VIEWED = { ...LISTED, open: 200 };
  it.each([
    ["key_value_pair_list", LISTED],
    ["key_value_pair_view", VIEWED],
    ["key_value_pair_set", { ...VIEWED, set: 200 }],
    ["key_value_pair_delete", { ...VIEWED, delete: 204 }],
    ["key_value_pair_all", { ...VIEWED, set: 200, delete: 204 }],
    ["action_all", NOTHING],
  ])("is open with %s on it or on everything, and on no other key", async (permission, may) => {
    const some = await userWith(
      ask,
      permission === "action_all"
        ? [{ permission_types: [permission] }]
        : [on("k.granted", permission), on("k.gone", permission)],
    );
    expect(await mayDo(some.headers, "k.granted")).toEqual(may);
    expect(await mayDo(some.headers, "k.granted2")).toEqual(NOTHING);
    const all = await userWith(ask, [{ permission_types: [permission] }]);
    expect(await mayDo(all.headers, "k.any")).toEqual(may);
  });

  it.each([
    ["observer", LISTED],
    ["admin", { ...VIEWED, set: 200, delete: 204 }],
    ["system_admin", { ...VIEWED, set: 200, delete: 204 }],
  ])("is open to the role %s", async (role, may) => {
    expect(await mayDo((await userWith(ask, [], role)).headers, "k.by-role")).toEqual(may);
  });

  it("is refused in StackStorm's words, whether it exists or not", async () => {
    const { headers, user } = await userWith(ask, []);
    const refused = (permission: string, name: string) => ({
      code: "forbidden",
      faultstring: `User "${user}" doesn't have required permission "key_value_pair_${permission}" on resource "key_value_pair:st2kv.system:${name}"`,
      request_id: expect.any(String),
    });
    for (const name of ["k.plain", "k.no-such"]) {
      expect(await json(await get(headers, name), 403)).toEqual(refused("view", name));
      expect(await json(await put(headers, name, { value: "x" }), 403)).toEqual(refused("set", name));
      expect(await json(await remove(headers, name), 403)).toEqual(refused("delete", name));
    }
    expect(await list(headers)).toEqual([]);
  });

  it("is in StackStorm's shape", async () => {
    expect(await json(await get(asAdmin, "k.secret"))).toEqual({
      uid: "key_value_pair:st2kv.system:k.secret",
      name: "k.secret",
      value: "********",
      secret: true,
      encrypted: true,
      scope: "st2kv.system",
    });
    expect(await json(await get(asAdmin, "k.secret", "?decrypt=true&scope=st2kv.system"))).toMatchObject({
      value: "s3cret",
      encrypted: false,
    });
  });
});

describe("keys of the scope user", () => {
  it("belong to one user, and need no grant", async () => {
    const [ann, bob] = [await userWith(ask, []), await userWith(ask, [])];
    for (const { headers, user } of [ann, bob]) {
      const made = await put(headers, "k.own", { value: `of ${user}`, secret: true, scope: "user" });
      expect(await json(made)).toMatchObject({ scope: "st2kv.user", user, name: "k.own" });
      await json(await put(headers, "k.other", { value: "x" }, "?scope=user"));
    }
    for (const { headers, user } of [ann, bob]) {
      expect(await json(await get(headers, "k.own", "?scope=user&decrypt=true"))).toMatchObject({
        uid: `key_value_pair:st2kv.user:${user}:k.own`,
        value: `of ${user}`,
        user,
      });
      const own = [`st2kv.user ${user} k.other`, `st2kv.user ${user} k.own`];
      expect(names(await list(headers, "&scope=user"))).toEqual(own);
      expect(names(await list(headers, "&scope=all"))).toEqual(own);
      const opened = await list(headers, "&scope=user&decrypt=true");
      expect(opened.map(({ value }) => value)).toEqual(["x", `of ${user}`]);
    }
    expect((await remove(ann.headers, "k.own", "?scope=user")).status).toBe(204);
    expect((await get(ann.headers, "k.own", "?scope=user")).status).toBe(404);
    expect((await get(bob.headers, "k.own", "?scope=user")).status).toBe(200);
    // The shared key of that name is another.
    expect((await get(asAdmin, "k.own")).status).toBe(404);
  });

  it("of another user are open to administrators only, and those of a system administrator are not", async () => {
    const ann = await userWith(ask, []);
    await json(await put(ann.headers, "k.own", { value: "of ann", scope: "user" }));
    const query = `?user=${ann.user}`;
    const asking = (headers: Headers) => get(headers, "k.own", query);
    expect(await json(await asking((await userWith(ask, [])).headers), 403)).toMatchObject({
      faultstring: '"user" attribute can only be provided by admins',
    });
    const observer = await userWith(ask, [], "observer");
    expect((await asking(observer.headers)).status).toBe(403);
    const admin = await userWith(ask, [], "admin");
    expect(await json(await asking(admin.headers))).toMatchObject({ value: "of ann", user: ann.user });
    await json(await put(admin.headers, "k.own", { value: "new", scope: "user", user: ann.user }));
    expect(names(await list(admin.headers, `&user=${ann.user}`))).toEqual([`st2kv.user ${ann.user} k.own`]);
    expect((await remove(admin.headers, "k.own", query)).status).toBe(204);
    const root = await userWith(ask, [], "system_admin");
    expect((await get(admin.headers, "k.own", `?user=${root.user}`)).status).toBe(403);
    expect((await get(admin.headers, "k.own", "?user=admin")).status).toBe(403);
    const off = await askWith()(`/api/v1/keys/k.own${query}`, { headers: asAdmin });
    expect(await json(off, 403)).toMatchObject({
      faultstring: '"user" attribute can only be provided by admins when RBAC is enabled',
    });
  });

  it("are deleted with their user", async () => {
    const post = { method: "POST", headers: asAdmin, body: { name: "leaver", password: "correct horse" } };
    await json(await ask("/api/v1/users", post), 201);
    await json(await put(asAdmin, "k.left", { value: "x", user: "leaver", scope: "user" }));
    await ask("/api/v1/users/leaver", { method: "DELETE", headers: asAdmin });
    expect((await get(asAdmin, "k.left", "?user=leaver")).status).toBe(404);
  });

  it("have a bounded number", async () => {
    const { headers, user } = await userWith(ask, []);
    await env.INDEX.prepare(
      `WITH RECURSIVE n (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < ?1)
       INSERT INTO keys (scope, user, name, value, updated_at) SELECT 'user', ?2, 'n' || at, '', '' FROM n`,
    )
      .bind(USER_KEYS_MAX, user)
      .run();
    expect((await put(headers, "k.more", { value: "x", scope: "user" })).status).toBe(400);
    expect((await put(headers, "n1", { value: "x", scope: "user" })).status).toBe(200);
    const page = await ask("/api/v1/keys?scope=user&limit=100&offset=990", { headers });
    expect(page.headers.get("x-total-count")).toBe(String(USER_KEYS_MAX));
    expect(await json<Key[]>(page)).toHaveLength(10);
  });
});

describe("a list of keys", () => {
  it("of all scopes has the keys of each that the user may see", async () => {
    const { headers, user } = await userWith(ask, [on("k.plain", "key_value_pair_view")]);
    await json(await put(headers, "k.mine", { value: "x", scope: "user" }));
    const both = ["st2kv.system  k.plain", `st2kv.user ${user} k.mine`];
    expect(names(await list(headers, "&scope=all"))).toEqual(both);
    expect(names(await list(headers, "&scope=all&limit=1&offset=1"))).toEqual(both.slice(1));
    expect(names(await list(headers))).toEqual(both.slice(0, 1));
  });

  it("opens shared secrets to administrators only", async () => {
    const open = "/api/v1/keys?prefix=k.secret&decrypt=true";
    const { headers } = await userWith(ask, [{ permission_types: ["key_value_pair_all"] }]);
    for (const path of [open, `${open}&scope=all`]) {
      expect(await json(await ask(path, { headers }), 403)).toMatchObject({
        faultstring: "Decrypt option requires administrator access",
      });
    }
    expect(await json(await ask(open, { headers: asAdmin }))).toMatchObject([{ value: "s3cret" }]);
  });

  it("of an unknown scope is refused with the known ones", async () => {
    for (const path of ["/api/v1/keys?scope=pack", "/api/v1/keys/k.plain?scope=all2"])
      expect(await json(await ask(path, { headers: asAdmin }), 400)).toMatchObject({
        faultstring: expect.stringContaining("'st2kv.user']"),
      });
    expect((await put(asAdmin, "k.x", { value: "x", scope: "pack" })).status).toBe(400);
    expect((await put(asAdmin, "k.x", { value: "x", encrypted: true })).status).toBe(400);
  });
});

it("where roles do not count, every user may use shared keys, and has their own", async () => {
  const off = askWith();
  const { headers } = await keyOf(off, "anybody");
  expect(await json(await off("/api/v1/keys/k.secret?decrypt=true", { headers }))).toMatchObject({
    value: "s3cret",
  });
  const own = { method: "PUT", headers, body: { value: "x", scope: "user" } };
  await json(await off("/api/v1/keys/k.anybody", own));
  expect((await off("/api/v1/keys/k.anybody?scope=user", { headers: asAdmin })).status).toBe(404);
});

describe("the keys that a pool is granted", () => {
  const path = "/api/v1/pools/far/keys";
  it("are all at first, and administrators change them", async () => {
    const set = (prefixes: unknown, headers: Headers = asAdmin) =>
      ask(path, { method: "PUT", headers, body: { prefixes } });
    expect(await json(await ask(path, { headers: asAdmin }))).toEqual({ pool: "far", prefixes: null });
    expect(await json(await set(["web.", "shared."]))).toEqual({
      pool: "far",
      prefixes: ["web.", "shared."],
    });
    expect(await json(await ask(path, { headers: asAdmin }))).toMatchObject({
      prefixes: ["web.", "shared."],
    });
    await json(await set([]));
    expect(await json(await ask(path, { headers: asAdmin }))).toMatchObject({ prefixes: [] });
    await json(await set(null));
    expect(await json(await ask(path, { headers: asAdmin }))).toMatchObject({ prefixes: null });
    for (const misfit of [[""], ["a b"], "web.", Array.from({ length: 101 }, () => "a")])
      expect((await set(misfit)).status).toBe(400);
    const { headers } = await userWith(ask, [{ permission_types: ["key_value_pair_all"] }]);
    expect((await set(null, headers)).status).toBe(403);
    expect((await ask(path, { headers })).status).toBe(403);
  });
});
