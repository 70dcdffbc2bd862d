import { PING_MS } from "../base/limits.ts";
import { GRANT_CHARS, SOCKET_ANSWER_MS_MAX } from "../base/reader-limits.ts";
import { splitLines } from "../wire/ndjson.ts";
import { Pulse, SILENT } from "../wire/pulse.ts";
import { type FollowRecord, readRecord } from "../wire/record.ts";
import { type ClientSocket, SOCKET_OPEN } from "./client-socket.ts";
import { credentialHeaders } from "./credential.ts";
import { type FollowRequest, followQuery } from "./follow-request.ts";
import { type Connection, segment } from "./request.ts";

/**
 * One connection's records, read from a WebSocket. The server sends no more than the granted credit. Throws if it does not answer in
 * time, or refuses the WebSocket: the reason is not known then.
 */
export async function* readSocket(
  to: Connection,
  id: string,
  request: FollowRequest,
): AsyncGenerator<FollowRecord> {
  const path = `/api/v1/executions/${segment(id)}/output`;
  const query = followQuery(request);
  if (request.keepsPace?.() ?? true) query.set("ping_ms", String(PING_MS));
  const socket = to.socket(`${to.url.replace(/^http/, "ws")}${path}?${query}`, credentialHeaders(to.key));
  const inbox = new Inbox(socket);
  const stop = () => {
    socket.close();
    // An unreachable server would never answer the close.
    inbox.close();
  };
  request.signal.addEventListener("abort", stop, { once: true });
  let silent = false;
  const ping = setInterval(() => {
    if (!inbox.pulse.beat()) {
      silent = true;
      inbox.close();
    } else if (socket.readyState === SOCKET_OPEN) socket.send("ping");
  }, PING_MS);
  const first = setTimeout(() => {
    if (!inbox.is_answered) inbox.close();
  }, SOCKET_ANSWER_MS_MAX);
  let consumed = 0;
  try {
    while (true) {
      const message = await inbox.take();
      if (message === undefined) break;
      if (message === "pong") continue;
      let starved = false;
      for (const line of splitLines(message)) {
        const record = line === "" ? undefined : readRecord(line);
        if (record === undefined) continue;
        if ("event" in record && record.event === "credit") starved = true;
        yield record;
      }
      consumed += message.length;
      if ((starved || consumed >= GRANT_CHARS) && socket.readyState === SOCKET_OPEN) {
        socket.send(JSON.stringify({ credit: consumed }));
        consumed = 0;
      }
    }
    if (silent) throw new Error(SILENT);
    if (!inbox.is_answered) throw new Error("no WebSocket reaches the server");
  } finally {
    clearInterval(ping);
    clearTimeout(first);
    request.signal.removeEventListener("abort", stop);
    socket.close();
  }
}

/** The messages of a socket in order, each taken once. The granted credit bounds the unread ones. */
class Inbox {
  readonly #messages: string[] = [];
  #wake: (() => void) | undefined;
  #closed = false;
  /** Whether a message has ever come. A server's first one comes at once. */
  is_answered = false;
  readonly pulse = new Pulse();

  constructor(socket: ClientSocket) {
    socket.addEventListener("message", (event) => {
      this.is_answered = true;
      this.pulse.heard();
      this.#messages.push(String(event.data));
      this.#wake?.();
    });
    socket.addEventListener("close", () => this.close());
    socket.addEventListener("error", () => this.close());
  }

  /** Nothing more will come. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** The next message, or undefined once the socket is closed and all is read. */
  async take(): Promise<string | undefined> {
    while (this.#messages.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.shift();
  }
}
