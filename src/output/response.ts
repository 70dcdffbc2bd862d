import { GRANT_CHARS, PING_MS } from "../../protocol/base/limits.ts";
import { KEEPALIVE_HEADERS } from "../../protocol/wire/keepalive.ts";
import { Pulse, SILENT } from "../../protocol/wire/pulse.ts";
import type { ControlEvent } from "../../protocol/wire/record.ts";
import type { Frames } from "./frames.ts";

/** Bytes that wait in a response for its reader; beyond them the follower gets no credit. */
const BUFFER_BYTES = 256 * 1024;

/** A message of the log's object that is an event and not output begins so. */
const CONTROL = '{"event":';

/**
 * Writes what a follower's socket brings as a response that stays open until the end. Credit is granted as the
 * response drains, so what a slow reader does not take stays in the log. A socket that closes before the end breaks
 * the response, so that no reader takes what it has for all there is.
 */
export function followResponse(
  socket: WebSocket,
  frames: Frames,
  select: (message: string) => string,
  signal: AbortSignal,
): Response {
  let consumed = 0;
  let starved = false;
  let quiet = true;
  let open = true;
  let beat: number | null = null;
  const pulse = new Pulse();

  const finish = () => {
    open = false;
    clearInterval(beat);
    signal.removeEventListener("abort", leave);
    socket.close(1000, "done");
  };
  // A client that goes is not always reported by both the signal and the stream, so either ends the follower.
  const leave = () => finish();
  const grant = () => {
    if (!open || consumed === 0 || (consumed < GRANT_CHARS && !starved)) return;
    socket.send(`{"credit":${consumed}}`);
    consumed = 0;
    starved = false;
  };

  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const write = (bytes: Uint8Array | undefined) => {
          if (bytes === undefined || bytes.length === 0) return;
          quiet = false;
          controller.enqueue(bytes);
        };
        const receive = (message: string) => {
          pulse.heard();
          // What keeps the connection says that the log is there, and not only this response.
          if (message === "pong") {
            if (quiet) write(frames.keepalive);
            quiet = true;
            return;
          }
          if (!message.startsWith(CONTROL)) {
            write(frames.output(select(message)));
            consumed += message.length;
            if ((controller.desiredSize ?? 0) > 0) grant();
            return;
          }
          const event: ControlEvent = JSON.parse(message);
          // Credit is between the log and this response; its reader has TCP.
          if (event.event === "credit") {
            starved = true;
            if ((controller.desiredSize ?? 0) > 0) grant();
            return;
          }
          const last_seq = "last_seq" in event ? event.last_seq : undefined;
          const frame = frames.control(event, last_seq ?? 0);
          write(frame);
          // Where the format has no word for an error, breaking the response says it.
          if (event.event === "error" && frame === undefined) throw new Error(event.faultstring);
          if (event.event !== "end" && event.event !== "up_to_date" && event.event !== "error") return;
          finish();
          controller.close();
        };
        const lose = (error: unknown) => {
          if (!open) return;
          finish();
          controller.error(error);
        };
        socket.addEventListener("message", ({ data }) => {
          if (!open) return;
          try {
            receive(String(data));
          } catch (error) {
            lose(error);
          }
        });
        socket.addEventListener("close", () => lose(new Error("the log went away")));
        signal.addEventListener("abort", leave);
        beat = setInterval(() => {
          if (!pulse.beat()) lose(new Error(`the log: ${SILENT}`));
          else if (socket.readyState === WebSocket.OPEN) socket.send("ping");
        }, PING_MS);
        socket.accept();
      },
      pull: grant,
      cancel: leave,
    },
    { highWaterMark: BUFFER_BYTES, size: (bytes) => bytes.length },
  );
  const kept = frames.keepalive === undefined ? {} : KEEPALIVE_HEADERS;
  return new Response(body, { headers: { "content-type": frames.content_type, ...STREAM_HEADERS, ...kept } });
}

/** What keeps proxies from buffering or compressing a live response. */
const STREAM_HEADERS = { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" };

/** The other end of a reader's own socket, on which a follower's messages are passed filtered, and the reader's grants back. */
export function followSocket(socket: WebSocket, select: (message: string) => string): WebSocket {
  const { 0: client, 1: reader } = new WebSocketPair();
  socket.addEventListener("message", ({ data }) => {
    const message = String(data);
    const passed = message === "pong" || message.startsWith(CONTROL) ? message : select(message);
    if (passed !== "" && reader.readyState === WebSocket.OPEN) reader.send(passed);
    // The reader never sees what is filtered out, so it cannot grant it.
    const hidden = message.length - passed.length;
    if (hidden > 0 && socket.readyState === WebSocket.OPEN) socket.send(`{"credit":${hidden}}`);
  });
  socket.addEventListener("close", ({ code, reason }) => reader.close(code === 1005 ? 1000 : code, reason));
  reader.addEventListener("message", ({ data }) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(data);
  });
  reader.addEventListener("close", () => socket.close(1000, "reader gone"));
  socket.accept();
  reader.accept();
  return client;
}
