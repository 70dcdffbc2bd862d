import { poolOf } from "./default-pool.ts";

/** StackStorm's permissions that have an effect here, by the kind of resource. `metrics_view` is ours. */
export const PERMISSION_TYPES = {
  pack: ["pack_list", "pack_view", "pack_all"],
  action: ["action_list", "action_view", "action_execute", "action_all"],
  execution: ["execution_list", "execution_view", "execution_re_run", "execution_stop", "execution_all"],
  key_value_pair: [
    "key_value_pair_list",
    "key_value_pair_view",
    "key_value_pair_set",
    "key_value_pair_delete",
    "key_value_pair_all",
  ],
  stream: ["stream_view"],
  metrics: ["metrics_view"],
} as const;
// The page does not use these two lists, so its bundle leaves them out.
export const PERMISSIONS = /* @__PURE__ */ Object.values(PERMISSION_TYPES).flat();
export type Permission = (typeof PERMISSIONS)[number];

/** Permissions without a resource. */
export const GLOBAL_PERMISSIONS: readonly Permission[] = /* @__PURE__ */ PERMISSIONS.filter(
  (permission) =>
    permission.endsWith("_list") || permission === "stream_view" || permission === "metrics_view",
);

/**
 * The resource of a check: a pack, an action, or an execution of an action, each of one pool; or a key of the scope
 * `system`.
 */
export type Resource =
  | { kind: "action"; action_ref: string; pool: string }
  | { kind: "execution"; id: string; action_ref: string; pool: string }
  | { kind: "pack"; ref: string; pool: string }
  | { kind: "key"; name: string };

/** A permission on a resource by its uid, or on everything if the uid is null; in one pool, or in all if the pool is null. */
export interface Grant {
  resource_uid: string | null;
  permission: Permission;
  pool: string | null;
}

/** Grants on the wire: all permissions on one resource together. Without a pool they apply in every pool. */
export interface ResourceGrants {
  resource_uid: string | null;
  permission_types: Permission[];
  pool?: string;
}

/** The rights of a user: everything, or grants. */
export interface Rights {
  is_admin: boolean;
  grants: readonly Grant[];
}

/** The permissions that each one includes, as in StackStorm: the permission to run an action includes viewing it, and viewing and stopping its executions. */
const IMPLIED: Partial<Record<Permission, Permission[]>> = {
  pack_all: ["pack_view", "action_all", "execution_all"],
  action_all: ["action_execute", "execution_all"],
  action_execute: ["action_view", "execution_re_run", "execution_stop"],
  action_view: ["execution_view"],
  execution_all: ["execution_view", "execution_re_run", "execution_stop"],
  key_value_pair_all: ["key_value_pair_set", "key_value_pair_delete"],
  key_value_pair_set: ["key_value_pair_view"],
  key_value_pair_delete: ["key_value_pair_view"],
  key_value_pair_view: ["key_value_pair_list"],
};

/** All permissions that each one includes, and itself. */
const INCLUDED = new Map(PERMISSIONS.map((permission) => [permission, allImplied(permission)]));

/** Whether a user has a permission. The server decides by this rule, and the page uses the same rule to show controls. */
export function permits({ is_admin, grants }: Rights, permission: Permission, resource?: Resource): boolean {
  if (is_admin) return true;
  const uids = [null, ...(resource === undefined ? [] : uidsOf(resource))];
  const pools = [null, resource?.kind === "key" ? null : resource?.pool];
  return grants.some(
    (grant) => pools.includes(grant.pool) && uids.includes(grant.resource_uid) && includes(grant, permission),
  );
}

/** Whether a user may run an action, with any parameters; this covers a re-run. */
export function mayRun(rights: Rights, { ref, pool }: { ref: string; pool: string }): boolean {
  return permits(rights, "action_execute", { kind: "action", action_ref: ref, pool });
}

/** Whether a user may run any action. */
export function mayRunAny({ is_admin, grants }: Rights): boolean {
  return is_admin || grants.some((grant) => includes(grant, "action_execute"));
}

/** The fields of an execution on which a permission depends. */
interface ExecutionLike {
  id: string;
  action: { ref: string };
  pool?: string;
}

/** The resource of a check on an execution. */
export function executionResource(execution: ExecutionLike): Resource {
  const { id, action } = execution;
  return { kind: "execution", id, action_ref: action.ref, pool: poolOf(execution) };
}

/** Whether a user may view an execution, its output and its result. */
export function mayView(rights: Rights, execution: ExecutionLike): boolean {
  return permits(rights, "execution_view", executionResource(execution));
}

/** Whether a user may cancel an execution. */
export function mayStop(rights: Rights, execution: ExecutionLike): boolean {
  return permits(rights, "execution_stop", executionResource(execution));
}

/** Whether a user may read a key: with its secret value, or without it. */
export function mayReadKey(rights: Rights, name: string, secret: boolean): boolean {
  return permits(rights, secret ? "key_value_pair_view" : "key_value_pair_list", { kind: "key", name });
}

/** The keys that a user may read: all, or those that are granted by name. */
export function listedKeys(rights: Rights): "all" | string[] {
  if (permits(rights, "key_value_pair_list")) return "all";
  const names = rights.grants.flatMap((grant) =>
    grant.pool === null && grant.resource_uid?.startsWith(KEY_UID) && includes(grant, "key_value_pair_list")
      ? [grant.resource_uid.slice(KEY_UID.length)]
      : [],
  );
  return [...new Set(names)];
}

/** All permissions that one includes, and itself. */
export function includedIn(permission: Permission): ReadonlySet<Permission> {
  return INCLUDED.get(permission) ?? new Set();
}

/** The actions with a grant of any permission on themselves; each in its pool, or in every pool. */
export function grantedActions({ grants }: Rights): { ref: string; pool: string | null }[] {
  return byResource(grants).flatMap(({ resource_uid, pool = null }) =>
    resource_uid?.startsWith("action:")
      ? [{ ref: resource_uid.slice("action:".length).replace(":", "."), pool }]
      : [],
  );
}

/** The uid of a resource in a grant. */
export function uidOf(resource: Resource): string {
  if (resource.kind === "execution") return `execution:${resource.id}`;
  if (resource.kind === "pack") return `pack:${resource.ref}`;
  if (resource.kind === "key") return KEY_UID + resource.name;
  return `action:${resource.action_ref.replace(".", ":")}`;
}

/** The beginning of a key's uid, with the scope, as in StackStorm. A user's own keys need no grant. */
const KEY_UID = "key_value_pair:st2kv.system:";

/** Grants by their resource, each permission once. */
export function byResource(grants: readonly Grant[]): ResourceGrants[] {
  const resourceKey = ({ resource_uid, pool }: Grant) => JSON.stringify([resource_uid, pool]);
  return [...Map.groupBy(grants, resourceKey).values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const { resource_uid, pool } = first;
    const permission_types = [...new Set(own.map(({ permission }) => permission))];
    return { resource_uid, permission_types, ...(pool === null ? {} : { pool }) };
  });
}

/** The reverse of `byResource`: one grant for each permission. */
export function eachGrant(grants: readonly ResourceGrants[]): Grant[] {
  return grants.flatMap(({ resource_uid, permission_types, pool = null }) =>
    permission_types.map((permission) => ({ resource_uid, permission, pool })),
  );
}

/** The resource itself and the resources that contain it: a grant on any of them counts. */
function uidsOf(resource: Resource): string[] {
  if (resource.kind === "pack" || resource.kind === "key") return [uidOf(resource)];
  const { action_ref, pool } = resource;
  const pack = action_ref.slice(0, action_ref.indexOf("."));
  return [
    uidOf(resource),
    uidOf({ kind: "action", action_ref, pool }),
    uidOf({ kind: "pack", ref: pack, pool }),
  ];
}

function includes({ permission }: Grant, wanted: Permission): boolean {
  return includedIn(permission).has(wanted);
}

function allImplied(permission: Permission): Set<Permission> {
  const implied = new Set<Permission>([permission]);
  for (const one of implied) for (const further of IMPLIED[one] ?? []) implied.add(further);
  return implied;
}
