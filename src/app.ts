import { Hono } from "hono";
import { requestId } from "hono/request-id";
import { ERRORS, TailraceError } from "../protocol/errors.ts";
import { account } from "./routes/account.ts";
import { actions, packs, runnerTypes } from "./routes/actions.ts";
import { agent } from "./routes/agent.ts";
import { type AppEnv, requireUser } from "./routes/context.ts";
import { executions } from "./routes/executions.ts";
import { keys } from "./routes/keys.ts";
import { meta } from "./routes/meta.ts";
import { output, outputStream } from "./routes/output.ts";
import { retention } from "./routes/retention.ts";
import { stream } from "./routes/stream.ts";

const api = new Hono<AppEnv>()
  .use(requireUser)
  .route("/executions", output)
  .route("/executions", executions)
  .route("/executions", retention)
  .route("/actionexecutions", output)
  .route("/actionexecutions", executions)
  .route("/actionexecutions", retention)
  .route("/actions", actions)
  .route("/packs", packs)
  .route("/runnertypes", runnerTypes)
  .route("/keys", keys)
  // Where StackStorm's nginx had the stream once.
  .route("/stream", stream)
  .route("/", account);

const streams = new Hono<AppEnv>()
  .use(requireUser)
  .route("/executions", outputStream)
  .route("/stream", stream);

/** The table of routes. StackStorm's services have one origin each; here they share one, told apart by their prefix. */
export const app = new Hono<AppEnv>({ strict: false })
  .use(requestId())
  .route("/", meta)
  .route("/agent/v1", agent)
  .route("/stream/v1", streams)
  .route("/api/v1", api)
  .route("/v1", api)
  .notFound((c) => c.json(new TailraceError("not_found").toBody(), 404))
  .onError((error, c) => {
    const failure = error instanceof TailraceError ? error : unexpected(error);
    const body = failure.toBody();
    if (failure.code === "too_many" || failure.code === "unavailable") c.header("Retry-After", "1");
    return c.json(body, ERRORS[failure.code].status);
  });

/** What was thrown and is not ours: the platform's overload may be tried again, the rest is a bug and is logged. */
function unexpected(error: Error): TailraceError {
  if ("retryable" in error || "overloaded" in error) return new TailraceError("unavailable");
  console.error(error);
  return new TailraceError("internal");
}
