import type { OutputType } from "../wire/chunk.ts";

/** How records come. With `websocket`, they come as server-sent events where a proxy passes no WebSockets. */
export type Transport = "websocket" | "sse" | "ndjson";

export interface FollowOptions {
  /** Start after this sequence number; 0, the default, is the beginning. */
  after?: number;
  /** Start with the last N lines instead. */
  tail?: number;
  /** Only this stream. */
  type?: OutputType;
  /** False: end with `up_to_date` once the present output has been read. */
  follow?: boolean;
  transport?: Transport;
  /**
   * Whether the reader's timers run on time; asked for each connection, true by default. If not, the server does not rely on the pings
   * of its WebSocket.
   */
  keepsPace?: () => boolean;
  signal?: AbortSignal;
  /** Called when the connection is lost, with the wait until the next attempt. The records continue by themselves. */
  onReconnect?: (error: unknown, wait_ms: number) => void;
  /** Called when the log has more than the reader's credit allows, with the last sequence number. */
  onBehind?: (last_seq: number) => void;
}

/** The request of one connection: the options with the present cursor. */
export interface FollowRequest extends FollowOptions {
  signal: AbortSignal;
}

/** The query of a request, from its options. */
export function followQuery(request: FollowRequest): URLSearchParams {
  const query = new URLSearchParams();
  if (request.tail !== undefined) query.set("tail", String(request.tail));
  else if (request.after) query.set("after", String(request.after));
  if (request.type) query.set("output_type", request.type);
  if (request.follow === false) query.set("follow", "false");
  return query;
}
