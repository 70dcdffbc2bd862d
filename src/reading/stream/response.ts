import { PING_MS } from "../../../protocol/base/limits.ts";
import { KEEPALIVE_HEADERS } from "../../../protocol/wire/keepalive.ts";
import { SILENT } from "../../../protocol/wire/pulse.ts";
import { SSE_KEEPALIVE } from "../../../protocol/wire/sse.ts";
import { Tap } from "../tap.ts";
import type { StreamSink, Subscription } from "./subscription.ts";

/** Bytes that may wait in a response for its reader. While more wait, the hubs and the logs get no credit. */
const BUFFER_BYTES = 256 * 1024;

/** The first bytes, sent immediately: a client that has them misses no later event. */
const FIRST = "\n";

/**
 * Writes a subscription as server-sent events. The response stays open until the event that the client named, or forever.
 * `hubs` are sockets that are open and not accepted yet: they have kept their messages.
 */
export function streamResponse(
  hubs: WebSocket[],
  subscribe: (sink: StreamSink) => Subscription,
  signal: AbortSignal,
): Response {
  const encoder = new TextEncoder();
  const taps = hubs.map((hub) => new Tap(hub));
  let subscription: Subscription | undefined;
  let open = true;
  let quiet = true;
  let beat: number | null = null;

  const finish = () => {
    open = false;
    clearInterval(beat);
    signal.removeEventListener("abort", finish);
    subscription?.close();
    for (const tap of taps) tap.close();
  };
  const drained = () => {
    if (!open) return;
    subscription?.drained();
    for (const tap of taps) tap.grant();
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
          for (const tap of taps) tap.beat();
          subscription?.beat();
        }, PING_MS);
        signal.addEventListener("abort", finish);
        const subscribed = subscribe({ write, end, fail });
        subscription = subscribed;
        if (!open) return subscribed.close();
        for (const tap of taps) {
          tap.accept({
            output: (message) => {
              tap.consume(message.length);
              subscribed.receive(message);
            },
            control: () => undefined,
            pong: () => {
              if (tap !== taps.at(-1)) return;
              if (quiet) write(SSE_KEEPALIVE);
              quiet = true;
            },
            lost: (loss) =>
              fail(
                new Error(loss.kind === "silent" ? `the hub: ${SILENT}` : loss.reason || "the hub went away"),
              ),
            failed: fail,
          });
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
