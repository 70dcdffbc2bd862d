import type { Context } from "hono";
import { TailraceError } from "../../protocol/base/errors.ts";
import type { AppEnv } from "../http/context.ts";
import { allowedOrigins } from "../http/origins.ts";
import type { Principal } from "../rights/principal.ts";

/**
 * A browser sends the cookie, and a proxy adds its assertion, to requests of any page. So a request with one of these must
 * come from an allowed page, and its body must have a type that another page cannot send without a preflight.
 */
export function demandOwnPage(c: Context<AppEnv>, { carrier }: Pick<Principal, "carrier">): void {
  if (carrier !== "cookie" && carrier !== "proxy") return;
  demandOwnOrigin(c);
  const site = c.req.header("sec-fetch-site");
  if (c.req.header("origin") === undefined && site !== undefined && !isOwnFetch(c, site)) {
    throw new TailraceError(
      "forbidden",
      "Only this server's own pages may send requests with a cookie or a sign-on.",
    );
  }
  if (changes(c) && !isJson(c) && !isPreflighted(c, site)) throw new TailraceError("unsupported_media");
}

/** Throws `forbidden` for a request of a page whose origin is neither this server's nor configured. */
export function demandOwnOrigin(c: Context<AppEnv>): void {
  const origin = c.req.header("origin");
  if (origin === undefined || allowedOrigins(c).includes(origin) || isBehindTls(c, origin)) return;
  throw new TailraceError(
    "forbidden",
    `A page of ${originText(origin)} may not send this request; see CORS_ORIGINS.`,
  );
}

/**
 * Behind a proxy that ends TLS the request has the scheme http. The host is the same, and the browser reports the same
 * origin.
 */
function isBehindTls(c: Context<AppEnv>, origin: string): boolean {
  const same_host = URL.parse(origin)?.host === new URL(c.req.url).host;
  return same_host && c.req.header("sec-fetch-site") === "same-origin";
}

/** The fetch metadata of a request without an origin. Any page may open an address; only the user sees the answer. */
function isOwnFetch(c: Context<AppEnv>, site: string): boolean {
  if (site === "same-origin") return true;
  return !changes(c) && c.req.header("sec-fetch-mode") === "navigate";
}

function changes(c: Context<AppEnv>): boolean {
  return !["GET", "HEAD", "OPTIONS"].includes(c.req.method);
}

/**
 * Whether another page would have needed a preflight: for each method but a form's, and if the browser says that the page is
 * ours.
 */
function isPreflighted(c: Context<AppEnv>, site: string | undefined): boolean {
  const has_body = c.req.raw.body !== null && c.req.header("content-length") !== "0";
  if (has_body) return false;
  return c.req.method !== "POST" || c.req.header("origin") !== undefined || site === "same-origin";
}

function isJson(c: Context<AppEnv>): boolean {
  return /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(c.req.header("content-type") ?? "");
}

const ORIGIN_CHARS_MAX = 200;

/** An origin for the text of an error: the header may have any content. */
function originText(origin: string): string {
  return origin === "null" ? "no origin" : origin.slice(0, ORIGIN_CHARS_MAX);
}
