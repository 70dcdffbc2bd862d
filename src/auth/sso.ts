import { decodeProtectedHeader, jwtVerify } from "jose";
import * as v from "valibot";
import { TailraceError } from "../../protocol/base/errors.ts";
import { hashSecret } from "../crypto/secret.ts";
import { issuerKeys } from "./issuer-keys.ts";
import { ssoRolesOf } from "./sso-roles.ts";

/** Signatures that an issuer may use: those that need no shared secret. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"];

const Claims = v.looseObject({
  sub: v.optional(v.string()),
  email: v.optional(v.string()),
  common_name: v.optional(v.string()),
  groups: v.optional(v.array(v.union([v.string(), v.looseObject({ name: v.optional(v.string()) })]))),
  exp: v.number(),
});

/** The user that an assertion of the single sign-on names, and the user's roles. */
export interface SignedOn {
  user: string;
  roles: string[];
  credential: string;
  expires_ms: number;
}

/** Whether a text looks like a signed assertion: keys and tokens have no dots. */
export function isAssertion(text: string): boolean {
  return text.split(".").length === 3;
}

/**
 * The user that a signed assertion names. Throws `unauthorized` unless the configured issuer has signed it for this
 * deployment, and if it has expired.
 */
export async function readAssertion(env: Env, assertion: string): Promise<SignedOn> {
  const { SSO_ISSUER, SSO_AUDIENCE, SSO_JWKS_URL } = env;
  if (!SSO_ISSUER || !SSO_AUDIENCE || !SSO_JWKS_URL) {
    throw new TailraceError("unauthorized", "Unauthorized - Single sign-on is not set up here.");
  }
  const keys = await issuerKeys(SSO_JWKS_URL, keyIdOf(assertion));
  let payload: unknown;
  try {
    const options = { issuer: SSO_ISSUER, audience: SSO_AUDIENCE, algorithms: ALGORITHMS };
    payload = (await jwtVerify(assertion, keys, options)).payload;
  } catch {
    throw invalidAssertion();
  }
  const claims = v.safeParse(Claims, payload);
  const user = claims.success ? nameOf(claims.output) : undefined;
  if (!claims.success || user === undefined)
    throw new TailraceError("unauthorized", "Unauthorized - The assertion names no user.");
  return {
    user,
    roles: ssoRolesOf(env, claims.output),
    credential: `sso-${await hashSecret(assertion)}`,
    expires_ms: claims.output.exp * 1000,
  };
}

/** An e-mail address is a user's name as it is. Any other name gets a prefix, so that it is not a local user's name. */
function nameOf({ email, common_name, sub }: v.InferOutput<typeof Claims>): string | undefined {
  if (email?.includes("@")) return email.toLowerCase();
  const other = email || common_name || sub;
  return other ? `sso:${other}` : undefined;
}

function keyIdOf(assertion: string): string {
  try {
    return v.parse(v.looseObject({ kid: v.string() }), decodeProtectedHeader(assertion)).kid;
  } catch {
    throw invalidAssertion();
  }
}

function invalidAssertion(): TailraceError {
  return new TailraceError("unauthorized", "Unauthorized - The assertion is not valid, or has expired.");
}
