import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./context.ts";
import { allowedOrigins } from "./origins.ts";

/** The headers that StackStorm lets pages of other origins send and read. */
const METHODS = "GET,POST,PUT,DELETE,OPTIONS";
const HEADERS = "Content-Type,Authorization,X-Auth-Token,St2-Api-Key,X-Request-ID,Tailrace-Protocol";
const EXPOSED = "Content-Type,X-Limit,X-Total-Count,X-Request-ID";

/**
 * Lets pages of the configured origins read answers, with cookies. A page of another origin gets the first configured origin,
 * as with StackStorm, and its browser refuses the answer. Answers preflight requests itself: they carry no credential.
 */
export const cors = createMiddleware<AppEnv>(async (c, next) => {
  // Agents are not pages; skipping them keeps appends fast.
  if (c.req.path.startsWith("/agent/")) return next();
  if (c.req.method === "OPTIONS") c.res = c.body(null, 200);
  else await next();
  const origins = allowedOrigins(c);
  const origin = c.req.header("origin") ?? "";
  const { headers } = c.res;
  headers.set("Access-Control-Allow-Origin", origins.includes(origin) ? origin : (origins[1] ?? origins[0]));
  headers.set("Access-Control-Allow-Methods", METHODS);
  headers.set("Access-Control-Allow-Headers", HEADERS);
  headers.set("Access-Control-Allow-Credentials", "true");
  headers.set("Access-Control-Expose-Headers", EXPOSED);
  headers.set("X-Request-ID", c.get("requestId"));
  headers.append("Vary", "Origin");
});
