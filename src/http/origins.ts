import type { Context } from "hono";
import type { AppEnv } from "./context.ts";

/** Origins whose pages may use a user's cookie: this server's own, then those of the setting `CORS_ORIGINS`. */
export function allowedOrigins(c: Context<AppEnv>): [string, ...string[]] {
  const configured = (c.env.CORS_ORIGINS ?? "").split(",").map((origin) => origin.trim().replace(/\/$/, ""));
  return [new URL(c.req.url).origin, ...configured.filter((origin) => origin !== "")];
}
