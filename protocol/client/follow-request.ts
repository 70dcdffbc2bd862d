import type { OutputType } from "../wire/chunk.ts";

export type Transport = "websocket" | "sse" | "ndjson";

export interface FollowOptions {
  /** Start behind this sequence number; 0, the default, is the beginning. */
  after?: number;
  /** Start with the last N lines instead. */
  tail?: number;
  /** Only this stream. */
  type?: OutputType;
  /** False: end with `up_to_date` once all that there is has been read. */
  follow?: boolean;
  transport?: Transport;
  /**
   * Whether its timers keep their pace, as each connection is made; true by default. Where they may not, the server does not count on
   * the pings of its WebSocket.
   */
  keepsPace?: () => boolean;
  signal?: AbortSignal;
  /** Told when the connection is lost and when it is tried again; the reader itself need not care. */
  onReconnect?: (error: unknown, wait_ms: number) => void;
  /** Told when there is more than the reader's credit allows the server to send: how far the log goes. */
  onBehind?: (last_seq: number) => void;
}

/** What one connection is asked for: the options, with the cursor where it stands now. */
export interface FollowRequest extends FollowOptions {
  signal: AbortSignal;
}

/** The query of a read, from its options. */
export function followQuery(request: FollowRequest): URLSearchParams {
  const query = new URLSearchParams();
  if (request.tail !== undefined) query.set("tail", String(request.tail));
  else if (request.after) query.set("after", String(request.after));
  if (request.type) query.set("output_type", request.type);
  if (request.follow === false) query.set("follow", "false");
  return query;
}
