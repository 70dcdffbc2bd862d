import { PING_MS } from "../../protocol/base/limits.ts";
import { KEEPALIVE_HEADERS } from "../../protocol/wire/keepalive.ts";
import { SILENT } from "../../protocol/wire/pulse.ts";
import type { ControlEvent } from "../../protocol/wire/record.ts";
import type { Frames } from "./formats/format.ts";
import type { Select } from "./select.ts";
import { Tap } from "./tap.ts";

/** Bytes that may wait in a response for its reader. While more wait, the follower grants no credit. */
const BUFFER_BYTES = 256 * 1024;

/**
 * Writes the output of a follower's socket as a response that stays open until the end. Credit is granted as the response
 * drains, so output that a slow reader does not take stays in the log. A socket that closes before the end breaks the
 * response, so that no reader mistakes a part for the whole.
 */
export function followResponse(
  socket: WebSocket,
  frames: Frames,
  select: Select,
  signal: AbortSignal,
): Response {
  const tap = new Tap(socket);
  const key = keyOf(frames, select);
  let quiet = true;
  let open = true;
  let beat: number | null = null;

  const finish = () => {
    open = false;
    clearInterval(beat);
    signal.removeEventListener("abort", leave);
    tap.close();
  };
  // The signal and the stream do not always both report that the client has closed, so either ends the follower.
  const leave = () => finish();

  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const write = (bytes: Uint8Array | undefined) => {
          if (bytes === undefined || bytes.length === 0) return;
          quiet = false;
          controller.enqueue(bytes);
        };
        const grant = () => {
          if ((controller.desiredSize ?? 0) > 0) tap.grant();
        };
        const lose = (error: unknown) => {
          if (!open) return;
          finish();
          controller.error(error);
        };
        const control = (event: ControlEvent) => {
          // Credit is between the log and this response. TCP limits the response's reader.
          if (event.event === "credit") return grant();
          const last_seq = "last_seq" in event ? event.last_seq : undefined;
          const frame = frames.control(event, last_seq ?? 0);
          write(frame);
          // A format without errors reports one by breaking the response.
          if (event.event === "error" && frame === undefined) throw new Error(event.faultstring);
          if (event.event !== "end" && event.event !== "up_to_date" && event.event !== "error") return;
          finish();
          controller.close();
        };
        signal.addEventListener("abort", leave);
        beat = setInterval(() => tap.beat(), PING_MS);
        tap.accept({
          output: (lines, push) => {
            const make = () => frames.output(select.lines(lines));
            write(push && key !== undefined ? push.bytes(key, make) : make());
            tap.consume(lines.length);
            grant();
          },
          control,
          // A keepalive proves that the log is reachable, and not only this response.
          pong: () => {
            if (quiet) write(frames.keepalive);
            quiet = true;
          },
          lost: ({ kind }) => lose(new Error(kind === "silent" ? `the log: ${SILENT}` : "the log went away")),
          failed: lose,
        });
      },
      pull: () => tap.grant(),
      cancel: leave,
    },
    { highWaterMark: BUFFER_BYTES, size: (bytes) => bytes.length },
  );
  return new Response(body, { headers: streamHeaders(frames) });
}

/** The headers of an output in a format. */
export function streamHeaders({ content_type, keepalive }: Frames): Record<string, string> {
  const promised = keepalive === undefined ? {} : KEEPALIVE_HEADERS;
  return { "content-type": content_type, ...STREAM_HEADERS, ...promised };
}

/** Readers with the same key write the same bytes for a push; undefined if they depend on more than the push. */
function keyOf(frames: Frames, select: Select): string | undefined {
  if (frames.name === undefined || select.key === undefined) return undefined;
  return `${frames.name} ${select.key}`;
}

/** These headers keep proxies from buffering or compressing a live response. */
const STREAM_HEADERS = { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" };
