import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { TailraceError } from "../../protocol/base/errors.ts";
import { Buckets } from "../base/bucket.ts";
import type { AppEnv } from "../http/context.ts";
import { authCookie } from "../http/cookie.ts";
import type { Principal } from "../rights/principal.ts";
import { authenticate, tokenOf } from "./authenticate.ts";
import { demandOwnPage } from "./own-page.ts";

/** Seconds of unused requests that a key can save up. */
const BURST_SECONDS = 5;

const requests = new Buckets();

/** Lets users through. An agent's secret or a pool's key opens only the agents' routes, and a link only its execution. */
export const requireUser = createMiddleware<AppEnv>(async (c, next) => {
  const principal = await enter(c);
  if (principal.role === "agent" || principal.role === "registrar")
    throw new TailraceError("forbidden", "An agent's key does not open this path.");
  if (principal.role === "link") demandLinked(c, principal);
  if (principal.run) demandOfRun(c);
  await next();
  setCookie(c, principal);
});

/**
 * Sets the cookie of the token that a browser sent in a header. A token in an address sets none: another page could use
 * such an address to sign a reader in as another user.
 */
function setCookie(c: Context<AppEnv>, { expires_ms, run }: Principal): void {
  const token = tokenOf(c);
  if (token === undefined || expires_ms === null || run) return;
  const signed_out = c.get("signed_out") && token.carrier === "cookie";
  if (token.carrier !== "header" && !signed_out) return;
  c.res.headers.append("Set-Cookie", authCookie(c, token.text, c.get("signed_out") ? 0 : expires_ms));
}

/** Lets agents through. A pool's key is accepted for agents of releases without identities. */
export const requireAgent = requireRole(["agent", "registrar"]);

/** Lets agents and administrators through: for the routes that register packs. */
export const requirePacks = requireRole(["agent", "registrar", "admin"]);

/** Lets a pool's key through: it registers agents. */
export const requireRegistrar = requireRole(["registrar"]);

/** Middleware of the agents' routes. Other clients get an error that names the credential an agent needs. */
function requireRole(roles: Principal["role"][]) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const { role } = await enter(c);
    if (!roles.includes(role)) throw new TailraceError("forbidden", `${KEYS_OF[role]} ${WANTED}`);
    await next();
  });
}

const KEYS_OF: Record<Principal["role"], string> = {
  admin: "This is an administrator's key.",
  user: "This is a user's key.",
  link: "This is a link.",
  agent: "This is the secret of a registered agent.",
  registrar: "This is a pool's key.",
};
const WANTED = "An agent needs its pool's key: tailrace apikey create --user agent --role agent --pool NAME.";

async function enter(c: Context<AppEnv>): Promise<Principal> {
  const principal = await authenticate(c);
  demandOwnPage(c, principal);
  demandRate(c, principal);
  c.set("principal", principal);
  return principal;
}

/** The deployment's first key has no limit, so that an administrator can always act. */
function demandRate(c: Context<AppEnv>, { credential }: Principal): void {
  if (credential === null) return;
  const per_second = c.env.REQUESTS_PER_SECOND_MAX;
  const burst = per_second * BURST_SECONDS;
  const wait_seconds = requests.take(credential, { per_second, burst }, Date.now());
  if (wait_seconds === 0) return;
  c.set("retry_after_seconds", wait_seconds);
  throw new TailraceError("too_many", `A key may send ${per_second} requests per second.`);
}

/** The paths that a run's token opens: executions, actions, packs, runners, keys, and the stream. */
const RUN_PATHS =
  /^\/(api\/v1\/(executions|actions|packs|runnertypes|keys|user)(\/|$)|stream\/v1\/|auth\/v1\/tokens\/validate$)/;

/** A run must not make credentials that outlive it, and must not change the output of other runs. */
function demandOfRun(c: Context<AppEnv>): void {
  const { path } = c.req;
  if (RUN_PATHS.test(path) && !/\/(links|redact)$/.test(path)) return;
  throw new TailraceError("forbidden", "A run's token opens executions, actions, packs, runners and keys.");
}

/** The path of the event stream. A key or a user may be named `stream` too. */
const STREAM_PATH = "/stream/v1/stream";

/**
 * A link may read its execution and that execution's events, but not the list of links. Each route checks the permission as
 * well.
 */
function demandLinked(c: Context<AppEnv>, { grants }: Principal): void {
  const [, id] = (grants[0]?.resource_uid ?? "").split(":");
  const reads = c.req.method === "GET" || c.req.method === "HEAD";
  const { path } = c.req;
  const names_it = new RegExp(`^/(api|stream)/v1/executions/${id}(/(?!links$)|$)`).test(path);
  if (!reads || !(names_it || path === STREAM_PATH))
    throw new TailraceError("forbidden", "A link only allows reading one execution.");
}
