import { newId } from "../../../protocol/base/id.ts";
import type { ApiKey, Assignment } from "../../../protocol/model/identity.ts";
import { FIRST_USER } from "../../../src/auth/system-admin.ts";
import { basic, type Granted } from "../../src/support/identity.ts";
import { admin } from "../world.ts";
import { ADMINS, type Row, read, SIGNED_IN, SYSTEM, USERS, write } from "./row.ts";

/** Users, their keys, tokens and roles, and the audit log. */
export const PEOPLE: Row[] = [
  write("POST /auth/v1/tokens", [], () => ({ path: "/auth/v1/tokens", body: {} }), {
    good: async () => {
      const { name } = await account();
      return { path: "/auth/v1/tokens", body: {}, by: { headers: basic(name, PASSWORD) } };
    },
  }),
  write("DELETE /auth/v1/tokens", SIGNED_IN, () => ({ path: "/auth/v1/tokens" }), {
    good: async () => ({ path: "/auth/v1/tokens", by: { headers: { "x-auth-token": await signedIn() } } }),
  }),
  write("POST /auth/v1/tokens/validate", USERS, () => ({
    path: "/auth/v1/tokens/validate",
    body: { token: "x" },
  })),
  read("GET /api/v1/user", USERS, () => "/api/v1/user"),
  read("GET /api/v1/users", ADMINS, () => "/api/v1/users"),
  write("POST /api/v1/users", ADMINS, () => ({
    path: "/api/v1/users",
    body: { name: `user-${newId()}`, password: PASSWORD },
  })),
  write("GET /api/v1/users/{name}", ADMINS, async () => ({ path: (await account()).path })),
  write("PUT /api/v1/users/{name}", ADMINS, async () => ({
    path: (await account()).path,
    body: { password: "another battery" },
  })),
  write(
    "PUT /api/v1/users/{name}",
    SYSTEM,
    async () => ({
      path: (await systemAdmin()).path,
      body: { password: "another battery" },
    }),
    { what: "of a system administrator" },
  ),
  write("DELETE /api/v1/users/{name}", ADMINS, async () => ({ path: (await account()).path })),
  write("DELETE /api/v1/users/{name}", SYSTEM, async () => ({ path: (await systemAdmin()).path }), {
    what: "of a system administrator",
  }),
  read("GET /api/v1/apikeys", SIGNED_IN, () => "/api/v1/apikeys"),
  write("POST /api/v1/apikeys", SIGNED_IN, () => ({ path: "/api/v1/apikeys", body: {} }), {
    what: "of one's own",
  }),
  write("POST /api/v1/apikeys", ADMINS, () => ({ path: "/api/v1/apikeys", body: { user: "victim" } }), {
    what: "of another user",
  }),
  write(
    "POST /api/v1/apikeys",
    ADMINS,
    () => ({ path: "/api/v1/apikeys", body: { key_hash: newId().padStart(64, "0") } }),
    { what: "of a given hash" },
  ),
  write("POST /api/v1/apikeys", ADMINS, () => ({ path: "/api/v1/apikeys", body: { role: "admin" } }), {
    what: "of an administrator",
  }),
  write(
    "POST /api/v1/apikeys",
    ADMINS,
    ({ world: { own: pool } }) => ({
      path: "/api/v1/apikeys",
      body: { user: "agent", role: "agent", pool },
    }),
    { what: "of a pool" },
  ),
  write("POST /api/v1/apikeys", SYSTEM, () => ({ path: "/api/v1/apikeys", body: { user: FIRST_USER } }), {
    what: "of a system administrator",
  }),
  write("GET /api/v1/apikeys/{id}", ADMINS, async () => ({ path: (await apiKey()).path })),
  write("PUT /api/v1/apikeys/{id}", ADMINS, async () => ({
    path: (await apiKey()).path,
    body: { enabled: false },
  })),
  write("DELETE /api/v1/apikeys/{id}", ADMINS, async () => ({ path: (await apiKey()).path })),
  write("DELETE /api/v1/apikeys/{id}", SYSTEM, async () => ({ path: (await apiKey(FIRST_USER)).path }), {
    what: "of a system administrator",
  }),
  read("GET /api/v1/audit", ADMINS, () => "/api/v1/audit"),
  read("GET /api/v1/rbac/roles", ADMINS, () => "/api/v1/rbac/roles"),
  write("POST /api/v1/rbac/roles", ADMINS, () => ({
    path: "/api/v1/rbac/roles",
    body: { name: `role-${newId()}` },
  })),
  write("GET /api/v1/rbac/roles/{role}", ADMINS, async () => ({ path: await role() })),
  write("DELETE /api/v1/rbac/roles/{role}", ADMINS, async () => ({ path: await role() })),
  write("POST /api/v1/rbac/roles/{role}/grants", ADMINS, async () => ({
    path: `${await role()}/grants`,
    body: GRANT,
  })),
  write("DELETE /api/v1/rbac/roles/{role}/grants", ADMINS, async () => ({
    path: `${await role(GRANT)}/grants?permission_types=pack_all&resource_uid=pack:vault`,
  })),
  read("GET /api/v1/rbac/role_assignments", ADMINS, () => "/api/v1/rbac/role_assignments"),
  write("POST /api/v1/rbac/role_assignments", ADMINS, () => ({
    path: ASSIGNMENTS,
    body: { user: "victim", role: "observer" },
  })),
  write(
    "POST /api/v1/rbac/role_assignments",
    SYSTEM,
    () => ({
      path: ASSIGNMENTS,
      body: { user: `user-${newId()}`, role: "system_admin" },
    }),
    { what: "of a system administrator" },
  ),
  write("GET /api/v1/rbac/role_assignments/{id}", ADMINS, async () => ({
    path: await assignment("observer"),
  })),
  write("DELETE /api/v1/rbac/role_assignments/{id}", ADMINS, async () => ({
    path: await assignment("admin"),
  })),
  write(
    "DELETE /api/v1/rbac/role_assignments/{id}",
    SYSTEM,
    async () => ({
      path: await assignment("system_admin"),
    }),
    { what: "of a system administrator" },
  ),
  read("GET /api/v1/rbac/permission_types", ADMINS, () => "/api/v1/rbac/permission_types"),
  read("GET /api/v1/rbac/permission_types/{type}", ADMINS, () => "/api/v1/rbac/permission_types/pack"),
];

const PASSWORD = "correct horse battery";
const ASSIGNMENTS = "/api/v1/rbac/role_assignments";
const GRANT = { permission_types: ["pack_all"], resource_uid: "pack:vault" };

async function account(): Promise<{ name: string; path: string }> {
  const name = `user-${newId()}`;
  await admin("POST", "/api/v1/users", { name, password: PASSWORD });
  return { name, path: `/api/v1/users/${name}` };
}

async function systemAdmin(): Promise<{ name: string; path: string }> {
  const one = await account();
  await admin("POST", ASSIGNMENTS, { user: one.name, role: "system_admin" });
  return one;
}

async function signedIn(): Promise<string> {
  const { name } = await account();
  const { token } = await admin<{ token: string }>("POST", "/auth/v1/tokens", {}, basic(name, PASSWORD));
  return token;
}

async function apiKey(user = "victim"): Promise<{ path: string }> {
  const { id } = await admin<ApiKey>("POST", "/api/v1/apikeys", { user });
  return { path: `/api/v1/apikeys/${id}` };
}

async function role(...permission_grants: Granted[]): Promise<string> {
  const name = `role-${newId()}`;
  await admin("POST", "/api/v1/rbac/roles", { name, permission_grants });
  return `/api/v1/rbac/roles/${name}`;
}

async function assignment(of: string): Promise<string> {
  const { id } = await admin<Assignment>("POST", ASSIGNMENTS, { user: `user-${newId()}`, role: of });
  return `${ASSIGNMENTS}/${id}`;
}
