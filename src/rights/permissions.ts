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

/** What an observer may do. A secret value is opened to them by a grant of its own. */
export const OBSERVER_GRANTS: Grant[] = PERMISSIONS.filter(
  (permission) =>
    (permission.endsWith("_view") && permission !== "key_value_pair_view") || permission.endsWith("_list"),
).map((permission) => ({ resource_uid: null, permission, pool: null }));

/** What somebody may do who has come in. */
export function rightsOf({ role, grants }: Pick<Principal, "role" | "grants">): Rights {
  return { is_admin: role === "admin", grants };
}

/** Throws `forbidden`, with StackStorm's text, where somebody may not do something. */
export function demand(principal: Principal, permission: Permission, resource?: Resource): void {
  if (permits(rightsOf(principal), permission, resource)) return;
  throw new TailraceError("forbidden", refusalText(principal.user, permission, resource));
}

/** StackStorm's text of what a user may not do. */
export function refusalText(user: string, permission: Permission, resource?: Resource): string {
  const on = resource === undefined ? "" : ` on resource "${uidOf(resource)}"`;
  return `User "${user}" doesn't have required permission "${permission}"${on}`;
}

/** Throws `forbidden` for whoever is not an administrator. */
export function demandAdmin(principal: Principal): void {
  if (principal.role !== "admin") throw new TailraceError("forbidden", "Administrator access required");
}
