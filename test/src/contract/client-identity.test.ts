import { describe, expect, it } from "vitest";
import { api } from "../support/api.ts";
import { asAdmin, askWith, json, userWith } from "../support/identity.ts";
import { registerActions } from "../support/world.ts";

const HEADERS = { "user-agent": "python-requests/2.28.1", accept: "*/*" };
const st2 = (method: string, path: string, body?: unknown) => api(method, path, body, HEADERS);

describe("the st2 command's requests", () => {
  it("page the keys", async () => {
    for (const user of ["page.one", "page.two"]) await st2("POST", "/v1/apikeys", { user });
    const all = await st2("GET", "/v1/apikeys");
    const page = await st2("GET", "/v1/apikeys?limit=1&offset=1");
    expect(page.body).toEqual([all.body[1]]);
    expect(page.headers.get("x-limit")).toBe("1");
    expect(page.headers.get("x-total-count")).toBe(String(all.body.length));
  });

  it("work for `role list`, `role get`, `role-assignment list` and `role-assignment get`", async () => {
    const ask = askWith({ RBAC_ENABLED: true });
    const get = async (path: string) =>
      json<unknown[]>(await ask(path, { headers: { ...HEADERS, ...asAdmin } }));
    const assigned = await json<{ id: string }>(
      await ask("/api/v1/rbac/role_assignments", {
        method: "POST",
        headers: asAdmin,
        body: { user: "rita", role: "observer" },
      }),
      201,
    );
    const observer = { id: expect.any(String), name: "observer", system: true };
    expect(await get("/v1/rbac/roles")).toContainEqual(expect.objectContaining(observer));
    expect(await get("/v1/rbac/roles/?system=True")).toContainEqual(expect.objectContaining(observer));
    expect(await get("/v1/rbac/roles/observer")).toMatchObject(observer);
    const assignment = { id: assigned.id, user: "rita", role: "observer" };
    expect(await get("/v1/rbac/role_assignments")).toContainEqual(expect.objectContaining(assignment));
    expect(await get("/v1/rbac/role_assignments/?user=rita&role=observer")).toMatchObject([assignment]);
    expect(await get("/v1/rbac/role_assignments/?user=nobody")).toEqual([]);
    expect(await get(`/v1/rbac/role_assignments/${assigned.id}`)).toMatchObject(assignment);
  });

  it("work for `runner get`, and for `key delete` in each scope", async () => {
    const named = await st2("GET", "/v1/runnertypes/?name=local-shell-cmd");
    expect(await st2("GET", "/v1/runnertypes/local-shell-cmd")).toMatchObject({ body: named.body[0] });
    for (const query of ["?scope=system", "?scope=user&user=admin"]) {
      const scope = query.startsWith("?scope=user") ? "user" : "system";
      await st2("PUT", "/v1/keys/gone", { name: "gone", value: "x", scope });
      expect((await st2("GET", `/v1/keys/gone${query}`)).body).toMatchObject({
        name: "gone",
        scope: `st2kv.${scope}`,
      });
      expect((await st2("DELETE", `/v1/keys/gone${query}`)).status).toBe(204);
      expect((await st2("GET", `/v1/keys/gone${query}`)).status).toBe(404);
    }
  });
});

describe("show_secrets", () => {
  it("opens secrets to an administrator, and to no other user, by each method", async () => {
    await registerActions();
    const ask = askWith({ RBAC_ENABLED: true });
    const grant = { permission_types: ["action_execute", "execution_view"], resource_uid: "pack:core" };
    const { headers } = await userWith(ask, [grant]);
    const body = { action: "core.login", parameters: { user: "u", token: "t0ken-value", cmd: "true" } };
    const asked: [string, string, unknown][] = [
      ["POST", "/re_run", {}],
      ["PUT", "", { status: "canceling" }],
      ["DELETE", "", undefined],
    ];
    for (const [method, path, sent] of asked) {
      for (const by of [asAdmin, headers]) {
        const made = await ask("/v1/executions", { method: "POST", headers: by, body });
        const { id } = await json<{ id: string }>(made, 201);
        const answer = await ask(`/v1/executions/${id}${path}?show_secrets=true`, {
          method,
          headers: by,
          ...(sent === undefined ? {} : { body: sent }),
        });
        const { parameters } = await json<{ parameters: unknown }>(answer, method === "POST" ? 201 : 200);
        expect(parameters).toMatchObject({ token: by === asAdmin ? "t0ken-value" : "********" });
      }
    }
  });
});
