import type { Context } from "hono";
import { serialize } from "hono/utils/cookie";
import { TailraceError } from "../../protocol/errors.ts";
import type { AppEnv } from "../routes/context.ts";
import { allowedOrigins } from "./origins.ts";
import type { Principal } from "./principal.ts";

/** StackStorm's cookie: what lets a browser's EventSource in, which can send no header. */
export const AUTH_COOKIE = "auth-token";

/**
 * The cookie of a request that a token let in. Another origin's page gets it back only where origins are configured and the
 * connection is encrypted, as browsers want it.
 */
export function authCookie(c: Context<AppEnv>, token: string, expires_ms: number): string {
  const is_secure = new URL(c.req.url).protocol === "https:";
  const crosses = is_secure && allowedOrigins(c).length > 1;
  return serialize(AUTH_COOKIE, token, {
    path: "/",
    httpOnly: true,
    maxAge: Math.max(0, Math.floor((expires_ms - Date.now()) / 1000)),
    sameSite: crosses ? "None" : "Lax",
    secure: is_secure,
  });
}

/** A browser sends a cookie whichever page asks, so what comes by one must come from a page that may ask. */
export function demandOwnPage(c: Context<AppEnv>, { location }: Principal): void {
  const origin = c.req.header("origin");
  if (location !== "cookie" || origin === undefined || allowedOrigins(c).includes(origin)) return;
  throw new TailraceError("forbidden", `A page of ${origin} may not use the cookie; see CORS_ORIGINS.`);
}
