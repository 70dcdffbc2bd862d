import type { Context } from "hono";
import { serialize } from "hono/utils/cookie";
import type { AppEnv } from "./context.ts";
import { allowedOrigins } from "./origins.ts";

/** StackStorm's cookie: it authenticates a browser's EventSource, which cannot send headers. */
export const AUTH_COOKIE = "auth-token";

/**
 * The cookie for a token. Pages of other origins send it only if origins are configured and the connection is encrypted, as
 * browsers require.
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
