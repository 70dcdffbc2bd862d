import type { Context } from "hono";
import { Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { PING_MS_MAX, PING_MS_MIN, SEQ_MAX } from "../../../protocol/base/limits.ts";
import { TAIL_LINES_MAX } from "../../../protocol/base/reader-limits.ts";
import { OUTPUT_TYPES } from "../../../protocol/wire/chunk.ts";
import { OUTPUT_PROTOCOL, readOffer } from "../../../protocol/wire/subprotocol.ts";
import { admit } from "../../auth/admission.ts";
import { followQuery } from "../../execution/log/follow-options.ts";
import { expiredError } from "../../execution/state/tombstone.ts";
import type { AppEnv } from "../../http/context.ts";
import { executionId, knownExecution } from "../../http/named.ts";
import { queryBoolean, queryInteger } from "../../http/query.ts";
import type { ExecutionStub, Summary } from "../../objects/execution.ts";
import type { TailStart } from "../../objects/log.ts";
import { type Frames, NDJSON_FRAMES, sseFrames, TEXT_FRAMES } from "../../reading/formats/format.ts";
import { plainFrames } from "../../reading/formats/plain.ts";
import { followResponse } from "../../reading/response.ts";
import { selectLines } from "../../reading/select.ts";
import { followSocket } from "../../reading/socket.ts";
import { demand } from "../../rights/permissions.ts";
import { followerHeaders } from "../../sockets/tags.ts";

/** The query of a reader. */
interface OutputQuery {
  type: string | undefined;
  after: number;
  tail: number | undefined;
  follow: boolean;
  /** The ping interval of a WebSocket's reader. */
  ping_ms: number | undefined;
}

/** `GET /executions/{id|last}/output` of the API: text, unless the reader asks for another format. */
export const output = new Hono<AppEnv>().get("/:id/output", (c) => serve(c, formatOf(c)));

/** `GET /executions/{id|last}/output` of the stream service: StackStorm's events, ended by EOF. */
export const outputStream = new Hono<AppEnv>().get("/:id/output", (c) => serve(c, "events"));

type Format = "text" | "plain" | "ndjson" | "sse" | "events" | "websocket";

async function serve(c: Context<AppEnv>, format: Format): Promise<Response> {
  const id = await executionId(c);
  const { execution, summary } = await knownExecution(c, id);
  const principal = c.get("principal");
  if (format === "events") demand(principal, "stream_view");
  const { action_ref, pool } = summary;
  demand(principal, "execution_view", { kind: "execution", id, action_ref, pool });
  if (summary.expired) throw expiredError(id, summary.expired);
  const query = queryOf(c, format);
  // An EventSource connects again after EOF. This answer makes it stop.
  if (summary.completed && Number(c.req.header("last-event-id")) > summary.totals.last_seq)
    return c.body(null, 204);

  const start = await startOf(execution, query);
  const upstream = await execution.fetch(
    new Request(`http://execution/?${followQuery({ ...query, after: start.after })}`, {
      headers: followerHeaders(principal),
    }),
  );
  const socket = upstream.webSocket;
  // It has expired since its summary was read.
  if (upstream.status === 410) throw new TailraceError("expired");
  if (!socket) throw new TailraceError(upstream.status === 429 ? "too_many" : "unavailable");
  await admit(c, id, [socket]);

  const select = selectLines({ type: query.type, from: start.from });
  if (format === "websocket") {
    const passes_all = query.type === undefined && start.from === undefined;
    return upgraded(c, passes_all ? socket : followSocket(socket, select));
  }
  return followResponse(socket, framesOf(format, id, summary), select, c.req.raw.signal);
}

/** A browser that offers subprotocols closes a connection for which none is chosen. */
function upgraded(c: Context<AppEnv>, webSocket: WebSocket): Response {
  const { output } = readOffer(c.req.header("sec-websocket-protocol"));
  const headers: Record<string, string> = output ? { "sec-websocket-protocol": OUTPUT_PROTOCOL } : {};
  return new Response(null, { status: 101, webSocket, headers });
}

function formatOf(c: Context<AppEnv>): Format {
  if (c.req.header("upgrade")?.toLowerCase() === "websocket") return "websocket";
  const named = c.req.query("format");
  if (named === "text" || named === "plain" || named === "ndjson" || named === "sse") return named;
  if (named !== undefined)
    throw new TailraceError("invalid", `format is text, plain, ndjson or sse, not "${named}".`);
  const accept = c.req.header("accept") ?? "";
  if (accept.includes("text/event-stream")) return "sse";
  return accept.includes("application/x-ndjson") ? "ndjson" : "text";
}

function queryOf(c: Context<AppEnv>, format: Format): OutputQuery {
  const type = c.req.query("output_type") ?? c.req.query("type");
  const after = queryInteger(c, "after", lastEventId(c));
  const tail = c.req.query("tail") === undefined ? undefined : queryInteger(c, "tail", 0);
  if (after < 0) throw new TailraceError("invalid", "after is a sequence number, 0 or more.");
  if (tail !== undefined && (tail < 0 || tail > TAIL_LINES_MAX)) {
    throw new TailraceError("invalid", `tail is a number of lines from 0 to ${TAIL_LINES_MAX}.`);
  }
  return {
    type: type === "all" || type === "" ? undefined : type,
    after: Math.min(after, SEQ_MAX),
    tail,
    follow: queryBoolean(c, "follow", format !== "text" || followsText(c.env)),
    ping_ms: format === "websocket" ? pingsOf(c) : undefined,
  };
}

function pingsOf(c: Context<AppEnv>): number | undefined {
  if (c.req.query("ping_ms") === undefined) return undefined;
  const ping_ms = queryInteger(c, "ping_ms", 0);
  if (ping_ms >= PING_MS_MIN && ping_ms <= PING_MS_MAX) return ping_ms;
  throw new TailraceError("invalid", `ping_ms is from ${PING_MS_MIN} to ${PING_MS_MAX}.`);
}

/** A setting that is changed with `--var` or in the dashboard is a string. */
function followsText({ API_OUTPUT_FOLLOW }: Env): boolean {
  return String(API_OUTPUT_FOLLOW) !== "false";
}

function lastEventId(c: Context<AppEnv>): number {
  const id = c.req.header("last-event-id") ?? "";
  return /^\d+$/.test(id) ? Math.min(Number(id), SEQ_MAX) : 0;
}

async function startOf(execution: ExecutionStub, { after, tail, type }: OutputQuery): Promise<TailStart> {
  if (tail === undefined) return { after };
  // A name that no stream has selects nothing.
  const types = OUTPUT_TYPES.filter((one) => type === undefined || one === type);
  return execution.lastLines({ types, lines: tail });
}

function framesOf(format: Exclude<Format, "websocket">, id: string, summary: Summary): Frames {
  if (format === "text") return TEXT_FRAMES;
  if (format === "plain") return plainFrames();
  if (format === "ndjson") return NDJSON_FRAMES;
  const { action_ref, runner_ref } = summary;
  return sseFrames({ execution_id: id, action_ref, runner_ref }, format === "sse");
}
