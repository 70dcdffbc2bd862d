import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { JSON_BODY_BYTES_MAX } from "../../../protocol/base/limits.ts";
import {
  CreateAssignment,
  CreateRole,
  PermissionGrant,
  type Role,
} from "../../../protocol/model/identity.ts";
import {
  GLOBAL_PERMISSIONS,
  PERMISSION_TYPES,
  type Permission,
} from "../../../protocol/model/permissions.ts";
import { dropStreams, withdraw } from "../../auth/revoke.ts";
import { isSystemAdmin } from "../../auth/system-admin.ts";
import { audit } from "../../http/audited.ts";
import { check, readJson } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { queryBoolean } from "../../http/query.ts";
import {
  addGrant,
  assignRole,
  createRole,
  credentialsOf,
  deleteRole,
  isSystemRole,
  listAssignments,
  listRoles,
  removeGrant,
  unassignRole,
} from "../../index/roles.ts";
import { rolesCount } from "../../rights/of-user.ts";
import { demandAdmin } from "../../rights/permissions.ts";

/** StackStorm's roles, their grants and assignments, for administrators. The routes that change them are our own. */
export const roles = new Hono<AppEnv>()
  .use(async (c, next) => {
    demandAdmin(c.get("principal"));
    if (c.req.method !== "GET" && !rolesCount(c.env)) {
      throw new TailraceError(
        "invalid",
        "Roles do not count here: every user is an administrator. Set RBAC_ENABLED = true first.",
      );
    }
    await next();
  })
  .get("/permission_types", (c) => c.json(PERMISSION_TYPES))
  .get("/permission_types/:type", (c) => {
    const type = c.req.param("type");
    const [, permissions] = Object.entries(PERMISSION_TYPES).find(([name]) => name === type) ?? [];
    if (!permissions) throw new TailraceError("identity_not_found", `Invalid resource type: ${type}`);
    return c.json(permissions);
  })
  .get("/roles", async (c) => {
    const system = c.req.query("system") ? queryBoolean(c, "system", false) : undefined;
    const name = c.req.query("name") || undefined;
    const all = await listRoles(c.env.INDEX);
    return c.json(
      all.filter(
        (role) =>
          (system === undefined || role.system === system) && (name === undefined || role.name === name),
      ),
    );
  })
  .post("/roles", async (c) => {
    const { name, description, permission_grants } = await readJson(c, CreateRole, JSON_BODY_BYTES_MAX);
    for (const grant of permission_grants) demandFitting(grant);
    await audit(c, "role.create", `role:${name}`);
    const made = !isSystemRole(name) && (await createRole(c.env.INDEX, name, description, permission_grants));
    if (!made) throw new TailraceError("exists", `There is a role "${name}" already.`);
    return c.json(await readRole(c, name), 201);
  })
  .get("/roles/:role", async (c) => c.json(await namedRole(c)))
  .delete("/roles/:role", async (c) => {
    const { name } = await customRole(c);
    const credentials = await credentialsWith(c, name);
    await audit(c, "role.delete", `role:${name}`);
    await withdraw(c.env, credentials, () => deleteRole(c.env.INDEX, name).then(() => []));
    return c.body(null, 204);
  })
  .post("/roles/:role/grants", async (c) => {
    const { name } = await customRole(c);
    const grant = await readJson(c, PermissionGrant, JSON_BODY_BYTES_MAX);
    demandFitting(grant);
    await audit(c, "role.grant", `role:${name}`, grantDetail(grant));
    await addGrant(c.env.INDEX, name, grant);
    await dropStreams(c.env, []);
    return c.json(await readRole(c, name), 201);
  })
  .delete("/roles/:role/grants", async (c) => {
    const { name } = await customRole(c);
    const grant = check(PermissionGrant, {
      resource_uid: c.req.query("resource_uid") || null,
      permission_types: (c.req.query("permission_types") ?? "").split(",").filter((type) => type !== ""),
      pool: c.req.query("pool") || null,
    });
    await audit(c, "role.revoke", `role:${name}`, grantDetail(grant));
    await removeGrant(c.env.INDEX, name, grant);
    await dropStreams(c.env, await credentialsWith(c, name));
    return c.json(await readRole(c, name));
  })
  .get("/role_assignments", async (c) => {
    const { user, role } = c.req.query();
    return c.json(await listAssignments(c.env.INDEX, { user: user || undefined, role: role || undefined }));
  })
  .post("/role_assignments", async (c) => {
    const { user, role } = await readJson(c, CreateAssignment, JSON_BODY_BYTES_MAX);
    demandSystemAdmin(c, role);
    await readRole(c, role);
    await audit(c, "role.assign", `role:${role}`, { user });
    const assignment = await assignRole(c.env.INDEX, user, role);
    await dropStreams(c.env, []);
    return c.json(assignment, 201);
  })
  .get("/role_assignments/:id", async (c) => c.json(await namedAssignment(c)))
  .delete("/role_assignments/:id", async (c) => {
    const { id, user, role } = await namedAssignment(c);
    demandSystemAdmin(c, role);
    await audit(c, "role.unassign", `role:${role}`, { user });
    const credentials = await credentialsOf(c.env.INDEX, [user]);
    await withdraw(c.env, credentials, () => unassignRole(c.env.INDEX, id).then(() => []));
    return c.body(null, 204);
  });

/** Only a system administrator may assign or remove the role `system_admin`. */
function demandSystemAdmin(c: Context<AppEnv>, role: string): void {
  if (role === "system_admin" && !isSystemAdmin(c.get("principal")))
    throw new TailraceError("forbidden", "Only a system_admin may assign or remove the role system_admin.");
}

function grantDetail({ resource_uid, permission_types, pool }: PermissionGrant): Record<string, string> {
  return {
    on: resource_uid ?? "everything",
    permissions: permission_types.join(","),
    ...(pool ? { pool } : {}),
  };
}

/** A permission without a resource cannot be granted on one, and a permission without a pool is granted in all pools. */
function demandFitting({ resource_uid, permission_types, pool }: PermissionGrant): void {
  const [kind] = resource_uid?.split(":") ?? [];
  const misfit = permission_types.find(
    (permission) =>
      (kind !== undefined && !fits(kind, permission)) || (Boolean(pool) && !isInPools(permission)),
  );
  if (misfit === undefined) return;
  const on = resource_uid ? ` on "${resource_uid}"` : "";
  const where = pool ? ` in the pool "${pool}"` : "";
  throw new TailraceError("invalid", `The permission "${misfit}" is not one that is granted${on}${where}.`);
}

/** Whether the resources of a permission are in a pool. */
function isInPools(permission: Permission): boolean {
  return !GLOBAL_PERMISSIONS.includes(permission) && !permission.startsWith("key_value_pair_");
}

function fits(kind: string, permission: Permission): boolean {
  const is_of_key = permission.startsWith("key_value_pair_");
  if (kind === "key_value_pair" || is_of_key) return kind === "key_value_pair" && is_of_key;
  return !GLOBAL_PERMISSIONS.includes(permission) && !(kind === "action" && permission.startsWith("pack_"));
}

/** A role by its name or id. */
async function readRole(c: Context<AppEnv>, name: string): Promise<Role> {
  const role = (await listRoles(c.env.INDEX)).find((role) => role.name === name || role.id === name);
  if (!role) throw new TailraceError("identity_not_found", `There is no role "${name}".`);
  return role;
}

function namedRole(c: Context<AppEnv>): Promise<Role> {
  return readRole(c, c.req.param("role") ?? "");
}

async function customRole(c: Context<AppEnv>): Promise<Role> {
  const role = await namedRole(c);
  if (role.system)
    throw new TailraceError("invalid", `"${role.name}" is a system role and cannot be changed.`);
  return role;
}

async function namedAssignment(c: Context<AppEnv>) {
  const id = c.req.param("id") ?? "";
  const [assignment] = await listAssignments(c.env.INDEX, { id });
  if (!assignment) throw new TailraceError("identity_not_found", `There is no role assignment "${id}".`);
  return assignment;
}

/** The credentials of the users with a role. */
async function credentialsWith(c: Context<AppEnv>, role: string): Promise<string[]> {
  const assignments = await listAssignments(c.env.INDEX, { role });
  return credentialsOf(
    c.env.INDEX,
    assignments.map(({ user }) => user),
  );
}
