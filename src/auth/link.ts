import * as v from "valibot";
import { TailraceError } from "../../protocol/base/errors.ts";
import { signToken, verifyToken } from "../crypto/jwt.ts";
import { deploymentSecret, deploymentSecrets } from "../crypto/secret.ts";
import { areUnlistedRevoked, isOpenLink } from "../index/links.ts";
import { isDisabled } from "../index/users.ts";
import type { CredentialPrincipal } from "../rights/principal.ts";

/** A link's claims. Its kind distinguishes it from a lease, which is signed with the same secret. */
const LinkClaims = v.object({
  kind: v.literal("link"),
  id: v.string(),
  execution_id: v.string(),
  sub: v.string(),
  exp: v.number(),
  /** The index has a row of it. Links of earlier releases have no row. */
  listed: v.optional(v.literal(true)),
});

/** A new link: `sub` is the user that makes it, `exp` is when it expires, in seconds since 1970. */
export interface NewLink {
  id: string;
  execution_id: string;
  sub: string;
  exp: number;
}

/** Signs a link to one execution. */
export function signLink(env: Env, link: NewLink): Promise<string> {
  return signToken({ kind: "link", ...link, listed: true }, deploymentSecret(env));
}

/** The name of a link's credential. The unlisted links of an execution share one. */
export function linkCredential(id: string): string {
  return `link-${id}`;
}

export function unlistedCredential(executionId: string): string {
  return `links-${executionId}`;
}

/** The principal of a link: it has its maker's name and may view this one execution. */
export async function readLink(env: Env, link: string): Promise<CredentialPrincipal> {
  const secrets = deploymentSecrets(env);
  const payload = await verifyToken(link, secrets).catch(() => {
    throw invalidLink();
  });
  const claims = v.safeParse(LinkClaims, payload);
  if (!claims.success) throw invalidLink();
  const { id, execution_id, sub, exp, listed = false } = claims.output;
  const read_ms = Date.now();
  const [is_open, is_disabled] = await Promise.all([
    listed
      ? isOpenLink(env.INDEX, id)
      : areUnlistedRevoked(env.INDEX, execution_id).then((revoked) => !revoked),
    isDisabled(env.INDEX, sub),
  ]);
  if (!is_open || is_disabled) throw new TailraceError("unauthorized", "Unauthorized - The link is revoked.");
  return {
    user: sub,
    role: "link",
    pool: null,
    roles: [],
    grants: [
      { resource_uid: `execution:${execution_id}`, permission: "execution_view", pool: null },
      { resource_uid: null, permission: "stream_view", pool: null },
    ],
    method: "link",
    credential: listed ? linkCredential(id) : unlistedCredential(execution_id),
    expires_ms: exp * 1000,
    read_ms,
  };
}

function invalidLink(): TailraceError {
  return new TailraceError("unauthorized", "Unauthorized - The link is not valid, or has expired.");
}
