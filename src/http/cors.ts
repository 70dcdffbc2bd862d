import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./context.ts";
import { allowedOrigins } from "./origins.ts";

/** What StackStorm lets pages of other origins send and read. */
const METHODS = "GET,POST,PUT,DELETE,OPTIONS";
const HEADERS = "Content-Type,Authorization,X-Auth-Token,St2-Api-Key,X-Request-ID,Tailrace-Protocol";
const EXPOSED = "Content-Type,X-Limit,X-Total-Count,X-Request-ID";

/**
 * Lets pages of the configured origins read the answers, cookies included. Another origin is told the first that may, as
 * StackStorm does, and its browser refuses it. Answers a preflight itself: it carries no credential.
 */
export const cors = createMiddleware<AppEnv>(async (c, next) => {
  // No page is an agent, and the way of a chunk is short.
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
