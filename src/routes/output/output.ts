import type { Context } from "hono";
import { Hono } from "hono";
import type { Resource } from "../../../protocol/model/permissions.ts";
import { OUTPUT_PROTOCOL, readOffer } from "../../../protocol/wire/subprotocol.ts";
import { expiredError } from "../../execution/state/tombstone.ts";
import type { AppEnv } from "../../http/context.ts";
import { executionId, knownExecution } from "../../http/named.ts";
import type { ExecutionStub } from "../../objects/execution.ts";
import type { TailStart } from "../../objects/log.ts";
import { isolateName } from "../../reading/pushes.ts";
import { followResponse } from "../../reading/response.ts";
import { selectLines } from "../../reading/select.ts";
import { followSocket } from "../../reading/socket.ts";
import { demand } from "../../rights/permissions.ts";
import type { Principal } from "../../rights/principal.ts";
import { framesOf, openFollower, typesOf } from "./follower.ts";
import { pagesOfEnded } from "./pages.ts";
import { type Format, formatOf, hasAll, type OutputQuery, queryOf } from "./query.ts";

/** `GET /executions/{id|last}/output` of the API: text, unless the reader asks for another format. */
export const output = new Hono<AppEnv>().get("/:id/output", (c) => serve(c, formatOf(c)));

/** `GET /executions/{id|last}/output` of the stream service: StackStorm's events, ended by EOF. */
export const outputStream = new Hono<AppEnv>().get("/:id/output", (c) => serve(c, "events"));

async function serve(c: Context<AppEnv>, format: Format): Promise<Response> {
  const id = await executionId(c);
  const demandRead = (principal: Principal, resource: Resource) => {
    if (format === "events") demand(principal, "stream_view");
    demand(principal, "execution_view", resource);
  };
  const pages = format === "websocket" ? undefined : await pagesOfEnded(c, { id, format, demandRead });
  if (pages) return pages;

  const { execution, summary } = await knownExecution(c, id);
  const { action_ref, pool } = summary;
  demandRead(c.get("principal"), { kind: "execution", id, action_ref, pool });
  if (summary.expired) throw expiredError(id, summary.expired);
  const asked = queryOf(c, format);
  // A relay may not have the end of the output yet, so it could not tell whether a place is beyond it.
  const query = { ...asked, after: Math.min(asked.after, summary.totals.last_seq) };
  if (summary.completed && hasAll(c, summary.totals.last_seq)) return c.body(null, 204);

  const start = await startOf(execution, query);
  const select = selectLines({ type: query.type, from: start.from });
  // Without a filter, a WebSocket goes directly from the object to the reader.
  const is_direct = format === "websocket" && select.key === "";
  const isolate = is_direct ? undefined : isolateName();
  const socket = await openFollower(c, { id, query, after: start.after, isolate });
  if (format === "websocket") return upgraded(c, is_direct ? socket : followSocket(socket, select));
  const frames = framesOf(format, id, summary, query.follow && !summary.completed);
  return followResponse(socket, frames, select, c.req.raw.signal);
}

/** A browser that offers subprotocols closes a connection for which none is chosen. */
function upgraded(c: Context<AppEnv>, webSocket: WebSocket): Response {
  const { output } = readOffer(c.req.header("sec-websocket-protocol"));
  const headers: Record<string, string> = output ? { "sec-websocket-protocol": OUTPUT_PROTOCOL } : {};
  return new Response(null, { status: 101, webSocket, headers });
}

async function startOf(execution: ExecutionStub, query: OutputQuery): Promise<TailStart> {
  const { after, tail } = query;
  return tail === undefined ? { after } : execution.lastLines({ types: typesOf(query), lines: tail });
}
