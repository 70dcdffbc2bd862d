import { readGrants } from "../index/roles.ts";
import { OBSERVER_GRANTS } from "./permissions.ts";
import type { CredentialPrincipal } from "./principal.ts";

/**
 * Whether roles count. If not, each credential has an administrator's rights, except an agent's secret and a pool's key.
 */
export function rolesCount({ RBAC_ENABLED }: Env): boolean {
  // A setting that is changed in the dashboard is a string.
  return String(RBAC_ENABLED) === "true";
}

export type RoleRights = Pick<CredentialPrincipal, "role" | "roles" | "grants">;

/** A user's rights, from the assigned roles and the given ones. */
export async function rightsOfUser(env: Env, user: string, given: string[] = []): Promise<RoleRights> {
  if (!rolesCount(env)) return { role: "admin", roles: ["admin"], grants: [] };
  const { roles, grants } = await readGrants(env.INDEX, user, given);
  const is_admin = roles.includes("system_admin") || roles.includes("admin");
  const observed = roles.includes("observer") ? OBSERVER_GRANTS : [];
  return { role: is_admin ? "admin" : "user", roles, grants: [...grants, ...observed] };
}
