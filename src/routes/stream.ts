import { Hono } from "hono";
import { TailraceError } from "../../protocol/errors.ts";
import type { Execution } from "../../protocol/execution.ts";
import { STREAM_FOLLOWED_MAX } from "../../protocol/limits.ts";
import { mayView } from "../../protocol/permissions.ts";
import { OUTPUT_EVENT } from "../../protocol/sse.ts";
import { isCompleted } from "../../protocol/status.ts";
import { admit } from "../auth/admission.ts";
import { HUB_TARGET } from "../auth/credential.ts";
import { demand, rightsOf } from "../auth/permissions.ts";
import type { Principal } from "../auth/principal.ts";
import { followerHeaders } from "../auth/tags.ts";
import { executionStub } from "../execution/stub.ts";
import { allHubs, type HubStub } from "../hub/shards.ts";
import { DEPTH_MAX, descendantIds, listUncompleted } from "../index/executions.ts";
import { streamResponse } from "../stream/response.ts";
import { type StreamSink, Subscription } from "../stream/subscription.ts";
import { concerns, readWish, type StreamWish } from "../stream/wish.ts";
import { type AppEnv, noSuchExecution } from "./context.ts";
import { queryBoolean } from "./query.ts";

/**
 * `GET /stream`: StackStorm's event stream. Whoever has the headers of the answer misses nothing that is made from then on:
 * the hubs have taken the listener in by then, and each execution that runs is known.
 */
export const stream = new Hono<AppEnv>().get("/", async (c) => {
  const principal = c.get("principal");
  demand(principal, "stream_view");
  const wish = readWish(c.req.query(), queryBoolean(c, "replay", c.env.STREAM_REPLAY));
  const rights = rightsOf(principal);
  const may_view = (execution: Execution) => mayView(rights, execution);
  const hubs = await Promise.all(allHubs(c.env).map((hub) => listen(hub, principal)));
  await admit(c, HUB_TARGET, hubs);
  try {
    const start = await startOf(c.env, wish, may_view);
    const subscribe = (sink: StreamSink) => begin(c.env, wish, may_view, start, sink);
    return streamResponse(hubs, subscribe, c.req.raw.signal);
  } catch (error) {
    for (const hub of hubs) {
      hub.accept();
      hub.close(1000, "refused");
    }
    throw error;
  }
});

/** An execution that the stream begins with, and the sequence number that its output begins behind. */
interface Joined {
  execution: Execution;
  after: number;
}

interface Start {
  family: Set<string>;
  joined: Joined[];
  /** The execution that is to end the stream, where it has completed already. */
  completed: Execution | undefined;
}

async function startOf(
  env: Env,
  wish: StreamWish,
  may_view: (execution: Execution) => boolean,
): Promise<Start> {
  const family = new Set(wish.parent === undefined ? [] : await familyOf(env, wish.parent));
  const wants_output = wish.wants(OUTPUT_EVENT);
  const running = wants_output
    ? (await listUncompleted(env.INDEX, STREAM_FOLLOWED_MAX + 1)).filter(may_view)
    : [];
  if (running.length > STREAM_FOLLOWED_MAX) {
    throw new TailraceError(
      "too_many",
      `More than ${STREAM_FOLLOWED_MAX} executions run: name some of them.`,
    );
  }
  const ending = wish.end && (await executionStub(env, wish.end.execution_id).get());
  if (wish.end && !(ending && may_view(ending))) throw noSuchExecution(wish.end.execution_id);
  const others = running.filter(
    (execution) => execution.id !== ending?.id && concerns(wish, family, execution),
  );
  const joined = await Promise.all(
    others.map(async (execution) => ({ execution, after: await endOf(env, execution.id) })),
  );
  if (ending && wants_output) {
    joined.push({ execution: ending, after: wish.replay ? 0 : await endOf(env, ending.id) });
  }
  return { family, joined, completed: ending && isCompleted(ending.status) ? ending : undefined };
}

async function begin(
  env: Env,
  wish: StreamWish,
  may_view: (execution: Execution) => boolean,
  { family, joined, completed }: Start,
  sink: StreamSink,
): Promise<Subscription> {
  const subscription = new Subscription(env, wish, { may_view, family }, sink);
  try {
    await Promise.all(joined.map(({ execution, after }) => subscription.join(execution, after)));
    if (completed) subscription.finish(completed);
  } catch (error) {
    subscription.close();
    sink.fail(error);
  }
  return subscription;
}

async function familyOf(env: Env, parent: string): Promise<string[]> {
  return [parent, ...(await descendantIds(env.INDEX, parent, DEPTH_MAX))];
}

/** Where the output of an execution ends now. */
async function endOf(env: Env, id: string): Promise<number> {
  return (await executionStub(env, id).standing())?.totals.last_seq ?? 0;
}

async function listen(hub: HubStub, principal: Principal): Promise<WebSocket> {
  const { webSocket } = await hub.fetch(new Request("http://hub/", { headers: followerHeaders(principal) }));
  if (!webSocket) throw new TailraceError("unavailable");
  return webSocket;
}
