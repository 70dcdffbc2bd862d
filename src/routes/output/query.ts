import type { Context } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { PING_MS_MAX, PING_MS_MIN, SEQ_MAX } from "../../../protocol/base/limits.ts";
import { TAIL_LINES_MAX } from "../../../protocol/base/reader-limits.ts";
import type { AppEnv } from "../../http/context.ts";
import { queryBoolean, queryInteger } from "../../http/query.ts";

/** The query of a reader. */
export interface OutputQuery {
  type: string | undefined;
  after: number;
  tail: number | undefined;
  follow: boolean;
  /** The ping interval of a WebSocket's reader. */
  ping_ms: number | undefined;
}

export type Format = "text" | "plain" | "ndjson" | "sse" | "events" | "websocket";

export function formatOf(c: Context<AppEnv>): Format {
  if (c.req.header("upgrade")?.toLowerCase() === "websocket") return "websocket";
  const named = c.req.query("format");
  if (named === "text" || named === "plain" || named === "ndjson" || named === "sse") return named;
  if (named !== undefined)
    throw new TailraceError("invalid", `format is text, plain, ndjson or sse, not "${named}".`);
  const accept = c.req.header("accept") ?? "";
  if (accept.includes("text/event-stream")) return "sse";
  return accept.includes("application/x-ndjson") ? "ndjson" : "text";
}

export function queryOf(c: Context<AppEnv>, format: Format): OutputQuery {
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

/** Whether an EventSource has the whole output and its end: it connects again after EOF, and 204 makes it stop. */
export function hasAll(c: Context<AppEnv>, last_seq: number): boolean {
  return Number(c.req.header("last-event-id")) > last_seq;
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

/** The sequence number of an EventSource's last event; 0 for none. */
export function lastEventId(c: Context<AppEnv>): number {
  const id = c.req.header("last-event-id") ?? "";
  return /^\d+$/.test(id) ? Math.min(Number(id), SEQ_MAX) : 0;
}
