import { Hono } from "hono";
import { requestId } from "hono/request-id";
import type { Router } from "hono/router";
import type { H, RouterRoute } from "hono/types";
import { getPathNoStrict } from "hono/utils/url";
import { ERRORS, type ErrorCode, TailraceError } from "../protocol/base/errors.ts";
import { requireUser } from "./auth/middleware.ts";
import { countError } from "./base/isolate.ts";
import { canonicalPath } from "./base/paths.ts";
import { answers, demandHost } from "./http/answers.ts";
import { settleAudit } from "./http/audited.ts";
import type { AppEnv } from "./http/context.ts";
import { cors } from "./http/cors.ts";
import { failureOf } from "./http/failure.ts";
import { protocolVersion } from "./http/protocol.ts";
import { traced } from "./http/traced.ts";
import { agent } from "./routes/agents/agent.ts";
import { agents } from "./routes/agents/agents.ts";
import { pools } from "./routes/agents/pools.ts";
import { executions } from "./routes/executions/executions.ts";
import { retention } from "./routes/executions/retention.ts";
import { account } from "./routes/identity/account.ts";
import { apikeys } from "./routes/identity/apikeys.ts";
import { auditLog } from "./routes/identity/audit.ts";
import { auth } from "./routes/identity/auth.ts";
import { executionLinks, links } from "./routes/identity/links.ts";
import { roles } from "./routes/identity/roles.ts";
import { users } from "./routes/identity/users.ts";
import { keys } from "./routes/keys/keys.ts";
import { meta } from "./routes/meta.ts";
import { folds } from "./routes/output/folds.ts";
import { lines } from "./routes/output/lines.ts";
import { output, outputStream } from "./routes/output/output.ts";
import { search } from "./routes/output/search.ts";
import { stream } from "./routes/output/stream.ts";
import { actionViews } from "./routes/packs/action-views.ts";
import { actions } from "./routes/packs/actions.ts";
import { packs } from "./routes/packs/packs.ts";
import { runnerTypes } from "./routes/packs/runner-types.ts";
import { seen } from "./routes/seen.ts";
import { opensPage, VIEWER_PATH, viewer } from "./routes/viewer.ts";

const api = new Hono<AppEnv>()
  .use(requireUser)
  .route("/executions", output)
  .route("/executions", executions)
  .route("/executions", retention)
  .route("/executions", executionLinks)
  .route("/executions", lines)
  .route("/executions", folds)
  .route("/executions", search)
  .route("/actions", actions)
  .route("/actions", actionViews)
  .route("/packs", packs)
  .route("/runnertypes", runnerTypes)
  .route("/keys", keys)
  .route("/apikeys", apikeys)
  .route("/agents", agents)
  .route("/users", users)
  .route("/pools", pools)
  .route("/rbac", roles)
  .route("/audit", auditLog)
  .route("/links", links)
  .route("/", account);

const streams = new Hono<AppEnv>()
  .use(requireUser)
  .route("/executions", outputStream)
  .route("/stream", stream);

/**
 * The table of routes. StackStorm's services have one origin each; here they share one and differ by prefix. Each route has
 * one path here, whichever of StackStorm's paths a request uses.
 */
export const app = new Hono<AppEnv>({
  getPath: (request) => {
    const path = getPathNoStrict(request);
    return opensPage(request, path) ? VIEWER_PATH : canonicalPath(path);
  },
})
  .use(requestId())
  .use(traced)
  .use(answers)
  .use(demandHost)
  .use(protocolVersion)
  .use(cors)
  .use(settleAudit)
  .route("/", meta)
  .route("/", seen)
  .route("/", viewer)
  .route("/agent/v1", agent)
  .route("/auth/v1", auth)
  .route("/stream/v1", streams)
  .route("/api/v1", api)
  .notFound((c) => {
    const methods = methodsOf(app.router, c.req.path);
    const code = methods.length === 0 ? "not_found" : "method_not_allowed";
    countError(code);
    if (methods.length > 0) c.header("Allow", methods.join(", "));
    return c.json(new TailraceError(code).toBody(c.get("requestId")), ERRORS[code].status);
  })
  .onError(async (error, c) => {
    const request_id = c.get("requestId");
    const failure = await failureOf(c.env, error, request_id);
    countError(failure.code);
    if (RETRY_LATER.includes(failure.code))
      c.header("Retry-After", String(c.get("retry_after_seconds") ?? 1));
    return c.json(failure.toBody(request_id), ERRORS[failure.code].status);
  });

/** Errors that pass without a change of the request. */
const RETRY_LATER: readonly ErrorCode[] = ["too_many", "unavailable", "index_unavailable", "storage_full"];

/** The methods that have a handler at a path. */
function methodsOf(router: Router<[H, RouterRoute]>, path: string): string[] {
  return METHODS.filter((method) =>
    router.match(method, path)[0].some(([[, route]]) => route.method === method),
  );
}

const METHODS = ["GET", "POST", "PUT", "DELETE"];
