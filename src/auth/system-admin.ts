import { TailraceError } from "../../protocol/base/errors.ts";
import { hasRole } from "../index/roles.ts";
import type { Principal } from "../rights/principal.ts";
import { ssoGives } from "./sso-roles.ts";

/** The user of the key that the deployment was given: a system administrator without an assignment. */
export const FIRST_USER = "admin";

const ROLE = "system_admin";

export function isSystemAdmin({ roles }: Pick<Principal, "roles">): boolean {
  return roles.includes(ROLE);
}

/**
 * Throws `forbidden` if an administrator changes a system administrator or acts in the name of one: only system
 * administrators may touch such a user's password, keys, values and runs. Users may always change themselves.
 */
export async function demandOver(env: Env, principal: Principal, user: string): Promise<void> {
  if (principal.user === user || isSystemAdmin(principal)) return;
  const is_one = user === FIRST_USER || ssoGives(env, user, ROLE) || (await hasRole(env.INDEX, user, ROLE));
  if (!is_one) return;
  throw new TailraceError("forbidden", `Only a system_admin may change "${user}", or act in their name.`);
}
