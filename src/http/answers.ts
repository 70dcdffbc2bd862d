import { createMiddleware } from "hono/factory";
import { TailraceError } from "../../protocol/base/errors.ts";
import type { AppEnv } from "./context.ts";

/** A browser takes no answer for what it is not, and keeps none; the page and what streams say themselves how they are kept. */
export const answers = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const { headers } = c.res;
  headers.set("X-Content-Type-Options", "nosniff");
  if (!headers.has("cache-control")) headers.set("Cache-Control", "no-store");
});

/** A host as a client names it: a name or an address, and a port. */
const HOST = /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i;

/** Refuses a host that is none: addresses in answers are made of it. */
export const demandHost = createMiddleware<AppEnv>(async (c, next) => {
  const url = URL.parse(c.req.url);
  if (!url || !HOST.test(c.req.header("host") ?? url.host))
    throw new TailraceError("invalid", "The header Host names no host.");
  await next();
});
