import { sign } from "hono/jwt";
import * as v from "valibot";
import { TailraceError } from "../../protocol/base/errors.ts";
import { verified } from "../crypto/jwt.ts";
import { deploymentSecret, deploymentSecrets } from "../crypto/secret.ts";
import { areUnlistedRevoked, isOpenLink } from "../index/links.ts";
import { isDisabled } from "../index/users.ts";
import type { Known } from "../rights/principal.ts";

/** What a link says. Its kind tells it from a lease, which is signed with the same secret. */
const LinkClaims = v.object({
  kind: v.literal("link"),
  id: v.string(),
  execution_id: v.string(),
  sub: v.string(),
  exp: v.number(),
  /** The index has a row of it. Links from before there were rows have none. */
  listed: v.optional(v.literal(true)),
});

/** What a link is made of: `sub` is the user that makes it, `exp` when it ends, in seconds since 1970. */
export interface NewLink {
  id: string;
  execution_id: string;
  sub: string;
  exp: number;
}

/** Signs a link to one execution. */
export function signLink(env: Env, link: NewLink): Promise<string> {
  return sign({ kind: "link", ...link, listed: true }, deploymentSecret(env), "HS256");
}

/** What the followers of a link are known by; those of an execution's unlisted links share one. */
export function linkCredential(id: string): string {
  return `link-${id}`;
}

export function unlistedCredential(executionId: string): string {
  return `links-${executionId}`;
}

/** Who comes by a link: its maker's name, with nothing open but the one execution. */
export async function readLink(env: Env, link: string): Promise<Known> {
  let payload: unknown;
  try {
    payload = await verified(link, deploymentSecrets(env));
  } catch (error) {
    if (error instanceof TailraceError) throw error;
    throw invalidLink();
  }
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
