import type { Context } from "hono";
import { TailraceError } from "../../protocol/base/errors.ts";
import type { AppEnv } from "../http/context.ts";
import { allowedOrigins } from "../http/origins.ts";
import type { Principal } from "../rights/principal.ts";

/**
 * A browser sends a cookie, and a proxy adds its assertion, whichever page asks. So a request that is let in by one of them
 * must come from a page that may ask, and a body must be of a type that no other page can send without asking first.
 */
export function demandOwnPage(c: Context<AppEnv>, { carrier }: Pick<Principal, "carrier">): void {
  if (carrier !== "cookie" && carrier !== "proxy") return;
  demandOwnOrigin(c);
  const site = c.req.header("sec-fetch-site");
  if (c.req.header("origin") === undefined && site !== undefined && !isOwnFetch(c, site)) {
    throw new TailraceError("forbidden", "Only this server's own pages may ask with a cookie or a sign-on.");
  }
  if (changes(c) && !isJson(c) && !isPreflighted(c, site)) throw new TailraceError("unsupported_media");
}

/** Throws `forbidden` for a request of a page whose origin is neither this server's nor configured. */
export function demandOwnOrigin(c: Context<AppEnv>): void {
  const origin = c.req.header("origin");
  if (origin === undefined || allowedOrigins(c).includes(origin) || isBehindTls(c, origin)) return;
  throw new TailraceError("forbidden", `A page of ${originText(origin)} may not ask this; see CORS_ORIGINS.`);
}

/** A proxy that ends TLS in front asks by http: the same host then, and a browser says that the page is of this origin. */
function isBehindTls(c: Context<AppEnv>, origin: string): boolean {
  const same_host = URL.parse(origin)?.host === new URL(c.req.url).host;
  return same_host && c.req.header("sec-fetch-site") === "same-origin";
}

/** What a browser says of a request without an origin. An address that is opened may come from anywhere, and its answer is shown to its own user alone. */
function isOwnFetch(c: Context<AppEnv>, site: string): boolean {
  if (site === "same-origin") return true;
  return !changes(c) && c.req.header("sec-fetch-mode") === "navigate";
}

function changes(c: Context<AppEnv>): boolean {
  return !["GET", "HEAD", "OPTIONS"].includes(c.req.method);
}

/** Whether a browser would have asked before, from another page: for every method but a form's, or where it says the page is ours. */
function isPreflighted(c: Context<AppEnv>, site: string | undefined): boolean {
  const has_body = c.req.raw.body !== null && c.req.header("content-length") !== "0";
  if (has_body) return false;
  return c.req.method !== "POST" || c.req.header("origin") !== undefined || site === "same-origin";
}

function isJson(c: Context<AppEnv>): boolean {
  return /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(c.req.header("content-type") ?? "");
}

const ORIGIN_CHARS_MAX = 200;

/** An origin as an error names it: the header may hold anything. */
function originText(origin: string): string {
  return origin === "null" ? "no origin" : origin.slice(0, ORIGIN_CHARS_MAX);
}
