import {
  GLOBAL_PERMISSIONS,
  type Grant,
  PERMISSION_TYPES,
  PERMISSIONS,
  type Permission,
  type Rights,
} from "../../protocol/model/permissions.ts";

/** Whether actions get a token of their run's user. */
export function issuesRunTokens({ ACTION_AUTH_TOKEN }: Env): boolean {
  // A setting that is changed in the dashboard is a string.
  return String(ACTION_AUTH_TOKEN) === "true";
}

/** Permissions that are about no pool: lists, the stream, and keys, which are limited to those that the pool is granted. */
const WITHOUT_POOL: ReadonlySet<Permission> = new Set([
  ...GLOBAL_PERMISSIONS,
  ...PERMISSION_TYPES.key_value_pair,
]);

/**
 * The rights of a run's token: the rights of the run that its user still has, in the run's pool. The token is never an
 * administrator's, because the host of the run sees it and must not reach another pool with it.
 */
export function rightsOfRun(recorded: Rights, present: Rights, pool: string): Grant[] {
  const grants = present.is_admin ? recorded.grants : present.grants;
  if (recorded.is_admin && present.is_admin)
    return PERMISSIONS.map((permission) => inPool({ resource_uid: null, permission, pool: null }, pool));
  return grants
    .filter((grant) => grant.pool === null || grant.pool === pool)
    .map((grant) => inPool(grant, pool));
}

function inPool(grant: Grant, pool: string): Grant {
  return WITHOUT_POOL.has(grant.permission) ? grant : { ...grant, pool };
}
