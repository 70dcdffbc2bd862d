import { type Context, Hono } from "hono";
import { getCookie } from "hono/cookie";
import * as v from "valibot";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { newId } from "../../../protocol/base/id.ts";
import { JSON_BODY_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { CreateToken } from "../../../protocol/model/identity.ts";
import { attemptOf, tryPassword } from "../../auth/attempts.ts";
import { requireUser } from "../../auth/middleware.ts";
import { demandOwnOrigin } from "../../auth/own-page.ts";
import { withdraw } from "../../auth/revoke.ts";
import { hashSecret } from "../../crypto/secret.ts";
import { audit, auditSignIn } from "../../http/audited.ts";
import { readJson } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { AUTH_COOKIE } from "../../http/cookie.ts";
import { createToken, deleteToken, readToken } from "../../index/tokens.ts";
import { readPassword } from "../../index/users.ts";
import { tokenCredential } from "../../rights/credentials.ts";

/** A token as a request's body names it. */
const NamedToken = v.looseObject({ token: v.string() });

/** StackStorm's auth service: exchanges a password for a token, which expires. */
export const auth = new Hono<AppEnv>()
  .post("/tokens", async (c) => {
    // A browser also stores a name and a password, and sends them again with requests of any page.
    demandOwnOrigin(c);
    const { ttl, user: other } = await readJson(c, CreateToken, JSON_BODY_BYTES_MAX);
    if (ttl !== undefined && ttl !== null && ttl < 1)
      throw new TailraceError("invalid", `${ttl} is less than the minimum of 1`);
    const user = await userOf(c);
    if (other) {
      throw new TailraceError(
        "invalid",
        "Current user is not a service and cannot request impersonated tokens",
      );
    }
    const ttl_max = c.env.TOKEN_TTL_SECONDS_MAX;
    if (ttl && ttl > ttl_max)
      throw new TailraceError("invalid", `TTL specified ${ttl} is greater than max allowed ${ttl_max}.`);
    c.header("X-API-URL", `${new URL(c.req.url).origin}/api/v1`);
    const id = newId();
    await auditSignIn(c, user, "done", id);
    return c.json(await createToken(c.env.INDEX, user, ttl || ttl_max, id), 201);
  })
  .post("/tokens/validate", requireUser, async (c) => {
    const { token } = await readJson(c, NamedToken, JSON_BODY_BYTES_MAX);
    const known = await readToken(c.env.INDEX, await hashSecret(token));
    return c.json({ valid: known !== undefined && known.expires_ms > Date.now() });
  })
  // Our own route: signing out makes the token void immediately, and ends its streams.
  .delete("/tokens", requireUser, async (c) => {
    const { credential, method } = c.get("principal");
    if (method !== "authentication token" || credential === null)
      throw new TailraceError(
        "invalid",
        "There is no token to revoke: the request was authenticated by other means.",
      );
    const id = credential.slice(tokenCredential("").length);
    await audit(c, "sign_out", credential.replace("-", ":"));
    await withdraw(c.env, [credential], () => deleteToken(c.env.INDEX, id).then(() => []));
    c.set("signed_out", true);
    return c.body(null, 204);
  });

/**
 * The user of a request with a name and a password. Neither the error's text nor its time shows which of the two is wrong.
 */
async function userOf(c: Context<AppEnv>): Promise<string> {
  const [name, password] = basicOf(c.req.header("authorization")) ?? [];
  if (name === undefined || password === undefined) throw refused();
  const before = c.req.header("x-auth-token") ?? getCookie(c, AUTH_COOKIE);
  const attempt = await attemptOf(c, name, before);
  if (!(await tryPassword(c, attempt, password, () => readPassword(c.env.INDEX, name)))) {
    await auditSignIn(c, name, "refused");
    throw refused();
  }
  return name;
}

function basicOf(header = ""): [string, string] | undefined {
  const encoded = /^Basic ([\w+/=]+)$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon === -1 ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}

function refused(): TailraceError {
  return new TailraceError("unauthorized", "Invalid or missing credentials");
}
