import { createMiddleware } from "hono/factory";
import { TailraceError } from "../../protocol/base/errors.ts";
import type { AppEnv } from "./context.ts";

/** Browsers neither guess the type of an answer nor store it. The page and the streams set their own cache headers. */
export const answers = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const { headers } = c.res;
  headers.set("X-Content-Type-Options", "nosniff");
  if (!headers.has("cache-control")) headers.set("Cache-Control", "no-store");
});

/** A host in a request: a name or an address, and a port. */
const HOST = /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i;

/** Refuses an invalid host: answers contain addresses that are built from it. */
export const demandHost = createMiddleware<AppEnv>(async (c, next) => {
  const url = URL.parse(c.req.url);
  if (!url || !HOST.test(c.req.header("host") ?? url.host))
    throw new TailraceError("invalid", "The header Host names no host.");
  await next();
});
