import { Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { mayView, type Rights } from "../../../protocol/model/permissions.ts";
import { admit } from "../../auth/admission.ts";
import type { AppEnv } from "../../http/context.ts";
import { noSuchExecution } from "../../http/named.ts";
import { queryBoolean } from "../../http/query.ts";
import { HUB_TARGET } from "../../objects/credential.ts";
import { executionStub } from "../../objects/execution.ts";
import { allHubs, type HubStub } from "../../objects/hub.ts";
import { begin, startOf } from "../../reading/stream/begin.ts";
import { readStreamQuery, type StreamQuery } from "../../reading/stream/query.ts";
import { streamResponse } from "../../reading/stream/response.ts";
import type { StreamSink } from "../../reading/stream/subscription.ts";
import { demand, rightsOf } from "../../rights/permissions.ts";
import type { Principal } from "../../rights/principal.ts";
import { followerHeaders } from "../../sockets/tags.ts";

/**
 * `GET /stream`: StackStorm's event stream. A reader that has received the answer's headers misses no later event: the hubs
 * have accepted it by then, and the running executions are known.
 */
export const stream = new Hono<AppEnv>().get("/", async (c) => {
  const principal = c.get("principal");
  demand(principal, "stream_view");
  const query = readStreamQuery(c.req.query(), queryBoolean(c, "replay", c.env.STREAM_REPLAY));
  const rights = rightsOf(principal);
  const hubs = await Promise.all(allHubs(c.env).map((hub) => listen(hub, principal)));
  await admit(c, HUB_TARGET, hubs);
  try {
    const start = await startOf(c.env, query, rights, await endingOf(c.env, query, rights));
    const subscribe = (sink: StreamSink) => begin(c.env, query, rights, start, sink);
    return streamResponse(hubs, subscribe, c.req.raw.signal);
  } catch (error) {
    for (const hub of hubs) {
      hub.accept();
      hub.close(1000, "refused");
    }
    throw error;
  }
});

/** The execution whose end ends the stream; the reader must have the right to view it. */
async function endingOf(env: Env, { end }: StreamQuery, rights: Rights): Promise<Execution | undefined> {
  if (!end) return undefined;
  const ending = await executionStub(env, end.execution_id).get();
  if (!ending || !mayView(rights, ending)) throw noSuchExecution(end.execution_id);
  return ending;
}

async function listen(hub: HubStub, principal: Principal): Promise<WebSocket> {
  const { webSocket } = await hub.fetch(new Request("http://hub/", { headers: followerHeaders(principal) }));
  if (!webSocket) throw new TailraceError("unavailable");
  return webSocket;
}
