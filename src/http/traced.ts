import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { isTraceparent } from "../../protocol/base/traceparent.ts";
import { FLUSH_MS_MAX, openTracing } from "../base/tracing.ts";
import type { AppEnv } from "./context.ts";

/** The requests that begin a trace if they are not part of one: those that start an execution. */
const BEGINS = /^\/api\/v1\/executions(\/[^/]+\/re_run)?$/;

/** The requests that need a credential of a user. */
const OF_USERS = /^\/(api|stream)\/v1\//;

/**
 * Makes a span of a user's request that is part of a trace or begins one. Other requests, such as those of agents and scrapers, have none.
 * A request without a valid credential has none either: it could make the server send spans for nothing.
 */
export const traced = createMiddleware<AppEnv>(async (c, next) => {
  const { method, path } = c.req;
  const header = c.req.header("traceparent");
  const parent = isTraceparent(header) ? header : undefined;
  if (!OF_USERS.test(path)) return next();
  if (parent !== undefined) c.set("trace", { traceparent: parent, is_traced: false });
  else if (method !== "POST" || !BEGINS.test(path)) return next();
  const tracing = await openTracing(c.env);
  if (!tracing) return next();
  const span = tracing.begin(method, {
    parent,
    answers: true,
    attributes: { "http.request.method": method, "tailrace.request.id": c.get("requestId") },
  });
  c.set("trace", { traceparent: tracing.traceparent(span), is_traced: true });
  await next();
  // A preflight request, and one that is refused before its credential is read, have no principal.
  if (c.get("principal") === undefined) return;
  const { status } = c.res;
  const route = routePath(c, -1);
  span.updateName(`${method} ${route}`);
  tracing.end(span, {
    failed: status >= 500,
    attributes: { "http.route": route, "http.response.status_code": status },
  });
  c.executionCtx.waitUntil(tracing.flush(FLUSH_MS_MAX));
});
