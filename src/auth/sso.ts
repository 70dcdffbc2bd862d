import { decode, verifyWithJwks } from "hono/jwt";
import type { HonoJsonWebKey } from "hono/utils/jwt/jws";
import * as v from "valibot";
import { TailraceError } from "../../protocol/base/errors.ts";
import { parseJson } from "../../protocol/base/json.ts";
import { hashSecret } from "../crypto/secret.ts";

/** Signatures that an issuer may use: those that need no shared secret. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"] as const;

/** How long an issuer's keys are kept, and how long where it does not answer. */
const JWKS_KEPT_MS = 10 * 60 * 1000;
const JWKS_STALE_MS_MAX = 60 * 60 * 1000;
/** How soon they may be asked for again because of a key that is not among them, and how long the answer may take. */
const JWKS_ASK_MS_MIN = 10_000;
const JWKS_WAIT_MS_MAX = 5_000;
/** Keys of one issuer, and issuers (one; more in tests). */
const KEYS_MAX = 50;
const ISSUERS_MAX = 10;

const Jwks = v.object({
  keys: v.pipe(v.array(v.looseObject({ kid: v.string(), kty: v.string() })), v.maxLength(KEYS_MAX)),
});

const Claims = v.looseObject({
  sub: v.optional(v.string()),
  email: v.optional(v.string()),
  common_name: v.optional(v.string()),
  groups: v.optional(v.array(v.union([v.string(), v.looseObject({ name: v.optional(v.string()) })]))),
  exp: v.number(),
});

/** What an assertion of the single sign-on says of who asks. */
export interface SignedOn {
  user: string;
  roles: string[];
  credential: string;
  expires_ms: number;
}

const known = new Map<string, { keys: HonoJsonWebKey[]; fetched_ms: number; asked_ms: number }>();

/** Whether something looks like a signed assertion: keys and tokens have no dots. */
export function isAssertion(text: string): boolean {
  return text.split(".").length === 3;
}

/** Who a signed assertion is of. Throws `unauthorized` for one that the configured issuer has not signed for us, or that has expired. */
export async function readAssertion(env: Env, assertion: string): Promise<SignedOn> {
  const { SSO_ISSUER, SSO_AUDIENCE, SSO_JWKS_URL } = env;
  if (!SSO_ISSUER || !SSO_AUDIENCE || !SSO_JWKS_URL) {
    throw new TailraceError("unauthorized", "Unauthorized - Single sign-on is not set up here.");
  }
  const keys = await keysFor(SSO_JWKS_URL, assertion);
  let payload: unknown;
  try {
    payload = await verifyWithJwks(assertion, {
      keys,
      allowedAlgorithms: ALGORITHMS,
      verification: { iss: SSO_ISSUER, aud: SSO_AUDIENCE },
    });
  } catch {
    throw new TailraceError("unauthorized", "Unauthorized - The assertion is not valid, or has expired.");
  }
  const claims = v.safeParse(Claims, payload);
  const user = claims.success ? nameOf(claims.output) : undefined;
  if (!claims.success || user === undefined)
    throw new TailraceError("unauthorized", "Unauthorized - The assertion names nobody.");
  return {
    user,
    roles: rolesOf(env, claims.output),
    credential: `sso-${await hashSecret(assertion)}`,
    expires_ms: claims.output.exp * 1000,
  };
}

/** An e-mail address is a name of its own; what has none is told from the users here by its prefix. */
function nameOf({ email, common_name, sub }: v.InferOutput<typeof Claims>): string | undefined {
  if (email?.includes("@")) return email.toLowerCase();
  const other = email || common_name || sub;
  return other ? `sso:${other}` : undefined;
}

/**
 * The roles that the setting `SSO_ROLES` gives to a user, to a group, or with `*` to all. A user is never taken for a
 * group: a name without a kind is a user's where it is an address, and a group's where it is none.
 */
function rolesOf(env: Env, { email, common_name, groups = [] }: v.InferOutput<typeof Claims>): string[] {
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

/** Whether the setting gives a role to a user of this name, and not only to a group. */
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

/** Whether a name may stand in the setting without its kind. */
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

/** The issuer's keys, fetched again where the assertion names one that is not among them. */
async function keysFor(url: string, assertion: string): Promise<HonoJsonWebKey[]> {
  const kid = keyIdOf(assertion);
  const now_ms = Date.now();
  const kept = known.get(url) ?? { keys: [], fetched_ms: 0, asked_ms: 0 };
  const is_fresh = now_ms - kept.fetched_ms < JWKS_KEPT_MS && kept.keys.some((key) => key.kid === kid);
  if (is_fresh || now_ms - kept.asked_ms < JWKS_ASK_MS_MIN) return kept.keys;
  if (known.size >= ISSUERS_MAX) known.clear();
  known.set(url, { ...kept, asked_ms: now_ms });
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(JWKS_WAIT_MS_MAX) });
    const { keys } = v.parse(Jwks, parseJson(await response.text()));
    known.set(url, { keys, fetched_ms: now_ms, asked_ms: now_ms });
    return keys;
  } catch (error) {
    console.error(`the keys of the single sign-on cannot be read from ${url}: ${error}`);
    // Keys that were good a while ago are better than nobody coming in.
    if (now_ms - kept.fetched_ms < JWKS_STALE_MS_MAX) return kept.keys;
    throw new TailraceError("unavailable", "The single sign-on does not answer now; try again.");
  }
}

function keyIdOf(assertion: string): string | undefined {
  try {
    const { kid } = v.parse(v.looseObject({ kid: v.optional(v.string()) }), decode(assertion).header);
    return kid;
  } catch {
    throw new TailraceError("unauthorized", "Unauthorized - The assertion is not valid, or has expired.");
  }
}
