import { describe, expect, it } from "vitest";
import { newId } from "../../../protocol/base/id.ts";
import { api } from "../support/api.ts";
import { askWith, json, userWith } from "../support/identity.ts";

const MASK = "********";

/** A key as StackStorm's server makes it, and its hash as it is stored there. */
async function stackStormKey(): Promise<{ key: string; key_hash: string }> {
  const key = Buffer.from(newId()).toString("base64");
  const hash = await crypto.subtle.digest("SHA-512", new TextEncoder().encode(`saltnpepper${key}`));
  return { key, key_hash: Buffer.from(hash).toString("hex") };
}

/** The name of the user that a key opens the API for, or the status. */
async function opensFor(key: string): Promise<unknown> {
  const { status, body } = await api("GET", "/api/v1/user", undefined, { "st2-api-key": key });
  return status === 200 ? body.username : status;
}

/** The requests of `st2 apikey` for a key of a dump: an update, and where there is no such key, a creation. */
async function load(data: Record<string, unknown>) {
  const updated = await api("PUT", `/api/v1/apikeys/${data.id}`, data);
  return updated.status === 404 ? api("POST", "/api/v1/apikeys", data) : updated;
}

describe("st2 apikey", () => {
  it("creates a key, lists it, and gets it by its id and by itself", async () => {
    const { status, body } = await api("POST", "/api/v1/apikeys", { user: "ann", metadata: { why: "test" } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ user: "ann", metadata: { why: "test" }, enabled: true, key_hash: MASK });
    expect(await opensFor(body.key)).toBe("ann");
    const { key: _, ...shown } = body;
    expect((await api("GET", "/api/v1/apikeys?user=ann")).body).toContainEqual(shown);
    for (const name of [body.id, body.key])
      expect((await api("GET", `/api/v1/apikeys/${encodeURIComponent(name)}`)).body).toEqual(shown);
    expect((await api("GET", "/api/v1/apikeys/none-such")).status).toBe(404);
  });

  it("disables and enables a key by sending all of it back, and deletes it", async () => {
    const { body: created } = await api("POST", "/api/v1/apikeys", { user: "bob" });
    const path = `/api/v1/apikeys/${created.id}`;
    for (const enabled of [false, true]) {
      const { body: whole } = await api("GET", path);
      const { status, body } = await api("PUT", path, { ...whole, enabled });
      expect({ status, body }).toEqual({ status: 200, body: { ...whole, enabled } });
      expect(await opensFor(created.key)).toBe(enabled ? "bob" : 401);
    }
    expect((await api("DELETE", path)).status).toBe(204);
    expect(await opensFor(created.key)).toBe(401);
  });

  it("shows hashes to an administrator that asks for them, and loads what it showed", async () => {
    const { body: created } = await api("POST", "/api/v1/apikeys", { user: "eve" });
    const { body: dump } = await api("GET", "/api/v1/apikeys?show_secrets=True&user=eve");
    expect(dump).toMatchObject([{ id: created.id, key_hash: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    const [{ id, user, key_hash, metadata, enabled }] = dump;
    await api("DELETE", `/api/v1/apikeys/${id}`);
    expect(await opensFor(created.key)).toBe(401);
    const { status, body } = await load({ id, user, key_hash, metadata, enabled });
    expect({ status, body }).toMatchObject({ status: 201, body: { id, user: "eve", key: null } });
    expect(await opensFor(created.key)).toBe("eve");
    expect((await load({ id, user, key_hash, metadata, enabled: false })).body).toMatchObject({
      enabled: false,
    });
    expect(await opensFor(created.key)).toBe(401);
  });

  it("loads a key that StackStorm's server made", async () => {
    const { key, key_hash } = await stackStormKey();
    const id = newId();
    expect(await opensFor(key)).toBe(401);
    const uid = `api_key:${key_hash}`;
    const whole = {
      id,
      uid,
      user: "moved",
      key_hash,
      metadata: {},
      created_at: "2020-01-01T00:00:00.000000Z",
    };
    expect((await load({ ...whole, enabled: true })).status).toBe(201);
    expect(await opensFor(key)).toBe("moved");
    expect((await api("GET", `/api/v1/apikeys/${encodeURIComponent(key)}`)).body).toMatchObject({ id });
  });

  it("changes no hash, and takes none twice", async () => {
    const { key_hash } = await stackStormKey();
    const { body } = await load({ id: newId(), user: "ann", key_hash, enabled: true });
    expect(
      await api("PUT", `/api/v1/apikeys/${body.id}`, { ...body, ...(await stackStormKey()) }),
    ).toMatchObject({
      status: 400,
      body: { faultstring: "Update of key_hash is not allowed." },
    });
    expect(await api("POST", "/api/v1/apikeys", { user: "ann", key_hash })).toMatchObject({
      status: 409,
      body: { code: "exists" },
    });
    expect((await api("POST", "/api/v1/apikeys", { user: "ann", key_hash: "abc" })).status).toBe(400);
  });

  it("shows no hash to a user, and takes none from one", async () => {
    const ask = askWith({ RBAC_ENABLED: true });
    const { user, headers } = await userWith(ask, []);
    const listed = await json<{ user: string; key_hash: string }[]>(
      await ask("/api/v1/apikeys?show_secrets=true", { headers }),
    );
    expect(listed).toMatchObject([{ user, key_hash: MASK }]);
    const { key_hash } = await stackStormKey();
    const refused = await ask("/api/v1/apikeys", { method: "POST", headers, body: { key_hash } });
    expect(refused.status).toBe(403);
  });
});
