import { TailraceError } from "../../protocol/errors.ts";
import { PERMISSIONS, type Permission } from "../../protocol/identity.ts";
import type { Grant, Principal } from "./principal.ts";

export type { Permission } from "../../protocol/identity.ts";

/** What a permission is asked for: a pack, an action, or an execution of an action. */
export type Resource =
  | { kind: "action"; action_ref: string }
  | { kind: "execution"; id: string; action_ref: string }
  | { kind: "pack"; ref: string };

/** Permissions that are about no resource in particular. */
export const GLOBAL_PERMISSIONS: readonly Permission[] = PERMISSIONS.filter(
  (permission) => permission.endsWith("_list") || permission === "stream_view",
);

/** What each permission brings with it, StackStorm's way: who may run an action may see it, and see and stop its executions. */
const IMPLIED: Partial<Record<Permission, Permission[]>> = {
  pack_all: ["pack_view", "action_all", "execution_all"],
  action_all: ["action_execute", "execution_all"],
  action_execute: ["action_view", "execution_re_run", "execution_stop"],
  action_view: ["execution_view"],
  execution_all: ["execution_view", "execution_re_run", "execution_stop"],
};

/** Permissions that bring each one with them, itself among them. */
const BROUGHT_BY = new Map(
  PERMISSIONS.map((wanted) => [
    wanted,
    new Set(PERMISSIONS.filter((permission) => allImplied(permission).has(wanted))),
  ]),
);

/** What an observer may do. */
export const OBSERVER_GRANTS: Grant[] = PERMISSIONS.filter(
  (permission) => permission.endsWith("_view") || permission.endsWith("_list"),
).map((permission) => ({ resource_uid: null, permission }));

/** Whether somebody may do something. */
export function permits(principal: Principal, permission: Permission, resource?: Resource): boolean {
  if (principal.role === "admin") return true;
  const uids = [null, ...(resource === undefined ? [] : uidsOf(resource))];
  return principal.grants.some(
    (grant) => uids.includes(grant.resource_uid) && BROUGHT_BY.get(permission)?.has(grant.permission),
  );
}

/** Throws `forbidden`, with StackStorm's text, where somebody may not do something. */
export function demand(principal: Principal, permission: Permission, resource?: Resource): void {
  if (permits(principal, permission, resource)) return;
  const on = resource === undefined ? "" : ` on resource "${uidOf(resource)}"`;
  throw new TailraceError(
    "forbidden",
    `User "${principal.user}" doesn't have required permission "${permission}"${on}`,
  );
}

/** Throws `forbidden` for whoever is not an administrator. */
export function demandAdmin(principal: Principal): void {
  if (principal.role !== "admin") throw new TailraceError("forbidden", "Administrator access required");
}

/** The resource itself, and what it belongs to: a grant on any of them counts. */
function uidsOf(resource: Resource): string[] {
  if (resource.kind === "pack") return [uidOf(resource)];
  const pack = resource.action_ref.slice(0, resource.action_ref.indexOf("."));
  return [
    uidOf(resource),
    uidOf({ kind: "action", action_ref: resource.action_ref }),
    uidOf({ kind: "pack", ref: pack }),
  ];
}

function uidOf(resource: Resource): string {
  if (resource.kind === "execution") return `execution:${resource.id}`;
  if (resource.kind === "pack") return `pack:${resource.ref}`;
  return `action:${resource.action_ref.replace(".", ":")}`;
}

function allImplied(permission: Permission): Set<Permission> {
  const implied = new Set<Permission>([permission]);
  for (const one of implied) for (const further of IMPLIED[one] ?? []) implied.add(further);
  return implied;
}
