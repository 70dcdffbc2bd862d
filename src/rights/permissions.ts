import { TailraceError } from "../../protocol/base/errors.ts";
import {
  type Grant,
  PERMISSIONS,
  type Permission,
  permits,
  type Resource,
  type Rights,
  uidOf,
} from "../../protocol/model/permissions.ts";
import type { Principal } from "./principal.ts";

/** The permissions of an observer. A secret value needs a grant of its own. */
export const OBSERVER_GRANTS: Grant[] = PERMISSIONS.filter(
  (permission) =>
    (permission.endsWith("_view") && permission !== "key_value_pair_view") || permission.endsWith("_list"),
).map((permission) => ({ resource_uid: null, permission, pool: null }));

/** The rights of an authenticated user. */
export function rightsOf({ role, grants }: Pick<Principal, "role" | "grants">): Rights {
  return { is_admin: role === "admin", grants };
}

/** Throws `forbidden`, with StackStorm's text, if the principal lacks a permission. */
export function demand(principal: Principal, permission: Permission, resource?: Resource): void {
  if (permits(rightsOf(principal), permission, resource)) return;
  throw new TailraceError("forbidden", refusalText(principal.user, permission, resource));
}

/** StackStorm's text for a missing permission. */
export function refusalText(user: string, permission: Permission, resource?: Resource): string {
  const on = resource === undefined ? "" : ` on resource "${uidOf(resource)}"`;
  return `User "${user}" doesn't have required permission "${permission}"${on}`;
}

/** Throws `forbidden` unless the principal is an administrator. */
export function demandAdmin(principal: Principal): void {
  if (principal.role !== "admin") throw new TailraceError("forbidden", "Administrator access required");
}
