import { GRANT_CHARS, PING_MS } from "../../protocol/base/limits.ts";
import { KEEPALIVE_HEADERS } from "../../protocol/wire/keepalive.ts";
import { Pulse, SILENT } from "../../protocol/wire/pulse.ts";
import { SSE_KEEPALIVE } from "../../protocol/wire/sse.ts";
import type { StreamSink, Subscription } from "./subscription.ts";

/** Bytes that wait in a response for its reader; beyond them nothing is granted to whoever sends. */
const BUFFER_BYTES = 256 * 1024;

/** What a client gets first, at once: it knows then that it will miss nothing. */
const FIRST = "\n";

/**
 * Writes a subscription as server-sent events that stay open until the event that the client named, or for ever. `hubs` are
 * sockets that have been opened and not yet accepted: what they have brought meanwhile comes now.
 */
export function streamResponse(
  hubs: WebSocket[],
  subscribe: (sink: StreamSink) => Subscription,
  signal: AbortSignal,
): Response {
  const encoder = new TextEncoder();
  const unread = new Map(hubs.map((hub) => [hub, 0]));
  const pulses = new Map(hubs.map((hub) => [hub, new Pulse()]));
  let subscription: Subscription | undefined;
  let open = true;
  let quiet = true;
  let beat: number | null = null;

  const finish = () => {
    open = false;
    clearInterval(beat);
    signal.removeEventListener("abort", finish);
    subscription?.close();
    for (const hub of hubs) hub.close(1000, "done");
  };
  const drained = () => {
    if (!open) return;
    subscription?.drained();
    for (const [hub, chars] of unread) {
      if (chars < GRANT_CHARS) continue;
      unread.set(hub, 0);
      hub.send(`{"credit":${chars}}`);
    }
  };

  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const write = (frames: string) => {
          if (!open || frames === "") return;
          quiet = false;
          controller.enqueue(encoder.encode(frames));
          if ((controller.desiredSize ?? 0) > 0) queueMicrotask(drained);
        };
        const fail = (error: unknown) => {
          if (!open) return;
          finish();
          controller.error(error);
        };
        const end = () => {
          finish();
          controller.close();
        };
        write(FIRST);
        beat = setInterval(() => {
          for (const [hub, pulse] of pulses) {
            if (!pulse.beat()) return fail(new Error(`the hub: ${SILENT}`));
            if (hub.readyState === WebSocket.OPEN) hub.send("ping");
          }
          subscription?.beat();
        }, PING_MS);
        signal.addEventListener("abort", finish);
        const subscribed = subscribe({ write, end, fail });
        subscription = subscribed;
        if (!open) return subscribed.close();
        for (const hub of hubs) {
          hub.addEventListener("message", ({ data }) => {
            const message = String(data);
            pulses.get(hub)?.heard();
            if (message === "pong") {
              if (hub !== hubs.at(-1)) return;
              if (quiet) write(SSE_KEEPALIVE);
              quiet = true;
              return;
            }
            unread.set(hub, (unread.get(hub) ?? 0) + message.length);
            if (open) subscribed.receive(message);
          });
          hub.addEventListener("close", ({ reason }) => fail(new Error(reason || "the hub went away")));
          hub.accept();
        }
      },
      pull: drained,
      cancel: finish,
    },
    { highWaterMark: BUFFER_BYTES, size: (bytes) => bytes.length },
  );
  return new Response(body, { headers: STREAM_HEADERS });
}

const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=UTF-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
  ...KEEPALIVE_HEADERS,
};
