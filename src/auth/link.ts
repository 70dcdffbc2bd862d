import { sign } from "hono/jwt";
import * as v from "valibot";
import { TailraceError } from "../../protocol/errors.ts";
import { newId } from "../../protocol/id.ts";
import { verified } from "./jwt.ts";
import type { Known } from "./principal.ts";
import { deploymentSecret, deploymentSecrets } from "./secret.ts";

/** What a link says. Its kind tells it from a lease, which is signed with the same secret. */
const LinkClaims = v.object({
  kind: v.literal("link"),
  id: v.string(),
  execution_id: v.string(),
  sub: v.string(),
  exp: v.number(),
});

/** Signs a link to one execution, until a moment in seconds since 1970. */
export function signLink(env: Env, executionId: string, user: string, exp: number): Promise<string> {
  const claims = { kind: "link", id: newId(), execution_id: executionId, sub: user, exp };
  return sign(claims, deploymentSecret(env), "HS256");
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
  const { id, execution_id, sub, exp } = claims.output;
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
    credential: `link-${id}`,
    expires_ms: exp * 1000,
    read_ms: Date.now(),
  };
}

function invalidLink(): TailraceError {
  return new TailraceError("unauthorized", "Unauthorized - The link is not valid, or has expired.");
}
