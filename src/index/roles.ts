import { newId } from "../../protocol/base/id.ts";
import { timestamp } from "../../protocol/base/time.ts";
import {
  type Assignment,
  type PermissionGrant,
  type Role,
  SYSTEM_ROLES,
  type SystemRole,
} from "../../protocol/model/identity.ts";
import { byResource, type Grant } from "../../protocol/model/permissions.ts";

interface GrantRow {
  role: string;
  resource_uid: string;
  permission: Grant["permission"];
  pool: string;
}

const DESCRIPTIONS: Record<SystemRole, string> = {
  system_admin: "may do everything, and assign this role",
  admin: "may do everything",
  observer: "may view everything, and change nothing",
};

/** Whether a role is a system role, which always exists. */
export function isSystemRole(name: string): name is SystemRole {
  return SYSTEM_ROLES.some((role) => role === name);
}

/** A user's roles, with the given ones, and the grants of all of them. */
export async function readGrants(
  index: D1Database,
  user: string,
  given: string[] = [],
): Promise<{ roles: string[]; grants: Grant[] }> {
  const { results } = await index
    .prepare(
      `WITH own (role) AS (SELECT role FROM role_assignments WHERE user = ?1 UNION SELECT value FROM json_each(?2))
       SELECT own.role AS role, resource_uid, permission, pool
       FROM own LEFT JOIN role_grants ON role_grants.role = own.role ORDER BY own.role`,
    )
    .bind(user, JSON.stringify(given))
    .all<GrantRow | { role: string; resource_uid: null; permission: null; pool: null }>();
  const grants = results.flatMap((row) => (row.permission === null ? [] : [readGrant(row)]));
  return { roles: [...new Set(results.map(({ role }) => role))], grants };
}

/** Whether a role is assigned to a user. */
export async function hasRole(index: D1Database, user: string, role: string): Promise<boolean> {
  const row = await index
    .prepare("SELECT 1 AS found FROM role_assignments WHERE user = ? AND role = ?")
    .bind(user, role)
    .first();
  return row !== null;
}

/** All roles, system roles first. */
export async function listRoles(index: D1Database): Promise<Role[]> {
  const [roles, grants] = await index.batch<RoleRow & GrantRow>([
    index.prepare("SELECT id, name, description FROM roles ORDER BY name"),
    index.prepare(
      "SELECT role, resource_uid, permission, pool FROM role_grants ORDER BY resource_uid, pool, permission",
    ),
  ]);
  const system = SYSTEM_ROLES.map((name) => ({
    id: name,
    name,
    description: DESCRIPTIONS[name],
    system: true,
    permission_grant_objects: [],
  }));
  const custom = (roles?.results ?? []).map(({ id, name, description }) => ({
    id,
    name,
    description,
    system: false,
    permission_grant_objects: grantObjects(grants?.results.filter(({ role }) => role === name) ?? []),
  }));
  return [...system, ...custom];
}

interface RoleRow {
  id: string;
  name: string;
  description: string;
}

/** Creates a role; false if the name is taken. */
export async function createRole(
  index: D1Database,
  name: string,
  description: string,
  grants: PermissionGrant[],
): Promise<boolean> {
  const { meta } = await index
    .prepare(
      "INSERT INTO roles (name, id, description, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(name, newId(), description, timestamp(Date.now()))
    .run();
  if (meta.changes === 0) return false;
  for (const grant of grants) await addGrant(index, name, grant);
  return true;
}

/** Deletes a role with its grants and assignments. */
export async function deleteRole(index: D1Database, name: string): Promise<void> {
  await index.batch([
    index.prepare("DELETE FROM roles WHERE name = ?").bind(name),
    index.prepare("DELETE FROM role_grants WHERE role = ?").bind(name),
    index.prepare("DELETE FROM role_assignments WHERE role = ?").bind(name),
  ]);
}

export async function addGrant(index: D1Database, role: string, grant: PermissionGrant): Promise<void> {
  await index
    .prepare(
      `INSERT INTO role_grants (role, resource_uid, permission, pool)
       SELECT ?1, ?2, value, ?4 FROM json_each(?3) WHERE true ON CONFLICT DO NOTHING`,
    )
    .bind(role, grant.resource_uid ?? "", JSON.stringify(grant.permission_types), grant.pool ?? "")
    .run();
}

export async function removeGrant(index: D1Database, role: string, grant: PermissionGrant): Promise<void> {
  await index
    .prepare(
      `DELETE FROM role_grants
       WHERE role = ?1 AND resource_uid = ?2 AND permission IN (SELECT value FROM json_each(?3)) AND pool = ?4`,
    )
    .bind(role, grant.resource_uid ?? "", JSON.stringify(grant.permission_types), grant.pool ?? "")
    .run();
}

/** Assigns a role to a user; safe to repeat. */
export async function assignRole(index: D1Database, user: string, role: string): Promise<Assignment> {
  await index
    .prepare(
      "INSERT INTO role_assignments (id, user, role, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(newId(), user, role, timestamp(Date.now()))
    .run();
  const [assignment] = await listAssignments(index, { user, role });
  if (!assignment) throw new Error(`the assignment of ${role} to ${user} is gone`);
  return assignment;
}

/** Assignments: of one user, of one role, or all. */
export async function listAssignments(
  index: D1Database,
  { id, user, role }: { id?: string | undefined; user?: string | undefined; role?: string | undefined },
): Promise<Assignment[]> {
  const { results } = await index
    .prepare(
      `SELECT id, user, role FROM role_assignments
       WHERE (?1 IS NULL OR id = ?1) AND (?2 IS NULL OR user = ?2) AND (?3 IS NULL OR role = ?3)
       ORDER BY user, role LIMIT ?4`,
    )
    .bind(id ?? null, user ?? null, role ?? null, ASSIGNMENTS_MAX)
    .all<{ id: string; user: string; role: string }>();
  return results.map((row) => ({ ...row, source: "API", is_remote: false }));
}

export async function unassignRole(index: D1Database, id: string): Promise<void> {
  await index.prepare("DELETE FROM role_assignments WHERE id = ?").bind(id).run();
}

/** The credentials of users that can have open streams. */
export async function credentialsOf(index: D1Database, users: string[]): Promise<string[]> {
  const { results } = await index
    .prepare(
      `SELECT 'key-' || id AS id FROM api_keys WHERE user IN (SELECT value FROM json_each(?1))
       UNION ALL SELECT 'token-' || id FROM tokens WHERE user IN (SELECT value FROM json_each(?1))
       UNION ALL SELECT 'link-' || id FROM links WHERE created_by IN (SELECT value FROM json_each(?1))
         AND revoked_at IS NULL`,
    )
    .bind(JSON.stringify(users))
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

/** Assignments in one answer. */
const ASSIGNMENTS_MAX = 10_000;

function grantObjects(rows: GrantRow[]): Role["permission_grant_objects"] {
  return byResource(rows.map(readGrant)).map((grants) => ({
    ...grants,
    resource_type: grants.resource_uid?.split(":")[0] ?? null,
  }));
}

/** The index stores an empty text for all resources, and for all pools. */
function readGrant({ resource_uid, permission, pool }: Omit<GrantRow, "role">): Grant {
  return { resource_uid: resource_uid || null, permission, pool: pool || null };
}
