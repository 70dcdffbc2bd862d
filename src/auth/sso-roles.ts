import * as v from "valibot";
import { TailraceError } from "../../protocol/base/errors.ts";

/** The names in an assertion that can have roles. */
export interface SignedOnNames {
  email?: string | undefined;
  common_name?: string | undefined;
  groups?: (string | { name?: string | undefined })[] | undefined;
}

/**
 * The roles that the setting `SSO_ROLES` gives to a user, to a group, or with `*` to all. A user is never taken for a group:
 * a name without a kind is a user's if it is an address, and otherwise a group's.
 */
export function ssoRolesOf(env: Env, { email, common_name, groups = [] }: SignedOnNames): string[] {
  const given = rolesByName(env);
  const names = [email?.toLowerCase(), common_name].flatMap((name) => (name ? [name] : []));
  const unclear = names.find((name) => groupRoles(given, name).plain.length > 0);
  if (unclear !== undefined) {
    throw new TailraceError(
      "unauthorized",
      `Unauthorized - SSO_ROLES must say "user:${unclear}" or "group:${unclear}": here a user has that name.`,
    );
  }
  const groupNames = groups.flatMap((group) => (typeof group === "string" ? group : (group.name ?? [])));
  const ofGroups = groupNames.map((name) => groupRoles(given, name));
  return [
    ...new Set([
      ...names.flatMap((name) => userRoles(given, name)),
      ...ofGroups.flatMap(({ named, plain }) => [...named, ...plain]),
      ...(given["*"] ?? []),
    ]),
  ];
}

/** Whether the setting gives a role to the user of this name. Roles of groups do not count. */
export function ssoGives(env: Env, user: string, role: string): boolean {
  return userRoles(rolesByName(env), user).includes(role);
}

function userRoles(given: Record<string, string[]>, name: string): string[] {
  const plain = isPlain(name) && name.includes("@") ? given[name] : undefined;
  return [...(given[`user:${name}`] ?? []), ...(plain ?? [])];
}

function groupRoles(given: Record<string, string[]>, name: string): { named: string[]; plain: string[] } {
  const plain = isPlain(name) && !name.includes("@") ? given[name] : undefined;
  return { named: given[`group:${name}`] ?? [], plain: plain ?? [] };
}

/** Whether the setting may have a name without its kind. */
function isPlain(name: string): boolean {
  return name !== "*" && !/^(user|group):/.test(name);
}

const Roles = v.record(v.string(), v.union([v.string(), v.array(v.string())]));

function rolesByName({ SSO_ROLES }: Env): Record<string, string[]> {
  try {
    const roles = v.parse(Roles, JSON.parse(SSO_ROLES || "{}"));
    const given: Record<string, string[]> = Object.create(null);
    for (const [name, role] of Object.entries(roles)) given[name] = [role].flat();
    return given;
  } catch {
    throw new TailraceError(
      "not_configured",
      'SSO_ROLES is not JSON like {"user:ann@example.com": "admin", "group:operators": "observer"}.',
    );
  }
}
