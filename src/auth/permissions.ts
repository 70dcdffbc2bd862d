import { TailraceError } from "../../protocol/errors.ts";
import type { Principal } from "./keys.ts";

/** StackStorm's permissions, as far as there is something here that they open. */
export const PERMISSIONS = [
  "pack_view",
  "action_view",
  "action_execute",
  "execution_view",
  "execution_list",
  "execution_stop",
  "stream_view",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** What a permission is asked for: nothing in particular, an action, or an execution of an action. */
export type Resource =
  | { kind: "action"; action_ref: string }
  | { kind: "execution"; id: string; action_ref: string }
  | { kind: "pack"; ref: string };

/** Whether somebody may do something. */
export function permits(principal: Principal, _permission: Permission, _resource?: Resource): boolean {
  return principal.role === "admin";
}

/** Throws `forbidden`, with StackStorm's text, where somebody may not do something. */
export function demand(principal: Principal, permission: Permission, resource?: Resource): void {
  if (permits(principal, permission, resource)) return;
  const on = resource === undefined ? "" : ` on resource "${uid(resource)}"`;
  throw new TailraceError(
    "forbidden",
    `User "${principal.user}" doesn't have required permission "${permission}"${on}`,
  );
}

function uid(resource: Resource): string {
  if (resource.kind === "execution") return `execution:${resource.id}`;
  if (resource.kind === "pack") return `pack:${resource.ref}`;
  return `action:${resource.action_ref.replace(".", ":")}`;
}
