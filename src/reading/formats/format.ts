import { chunkBytes } from "../../../protocol/wire/chunk.ts";
import {
  dataOf,
  decodeChunk,
  encodeEvent,
  hasGap,
  isEncoded,
  lineEnd,
  seqText,
} from "../../../protocol/wire/line.ts";
import { splitLines } from "../../../protocol/wire/ndjson.ts";
import type { ControlEvent } from "../../../protocol/wire/record.ts";
import type { OutputOrigin } from "../../../protocol/wire/sse.ts";
import { EOF_EVENT, SSE_KEEPALIVE, sseFrame, sseOrigin, sseOutput } from "../../../protocol/wire/sse.ts";

/** How one kind of response writes what its follower is sent. */
export interface Frames {
  content_type: string;
  /** Lines of the log. */
  output(lines: string): Uint8Array;
  /** What is not output; undefined where the format has no place for it. */
  control(event: ControlEvent, last_seq: number): Uint8Array | undefined;
  /** What keeps a quiet connection; undefined where every byte is output. */
  keepalive: Uint8Array | undefined;
}

const encoder = new TextEncoder();

/** The records as they are, a line each. */
export const NDJSON_FRAMES: Frames = {
  content_type: "application/x-ndjson",
  output: (lines) => encoder.encode(lines),
  control: (event) => encoder.encode(encodeEvent(event)),
  keepalive: encoder.encode("\n"),
};

/** The bytes that the process wrote, and nothing else. */
export const TEXT_FRAMES: Frames = {
  content_type: "text/plain; charset=UTF-8",
  output: rawBytes,
  control: () => undefined,
  keepalive: undefined,
};

/**
 * StackStorm's events with our ids. `extended` adds what its stream has no word for (status, end, errors) as events
 * of another name. The id of EOF is one more than the last output's: who has seen it has seen all.
 */
export function sseFrames(origin: OutputOrigin, extended: boolean): Frames {
  const shared = sseOrigin(origin);
  return {
    content_type: "text/event-stream; charset=UTF-8",
    output: (lines) => framedOnce(origin.execution_id, lines, shared),
    control: (event, last_seq) => {
      const own = extended ? sseFrame("tailrace", JSON.stringify(event)) : "";
      const ends = event.event === "end" || event.event === "up_to_date";
      const eof = ends ? sseFrame(EOF_EVENT, "''", event.event === "end" ? last_seq + 1 : last_seq) : "";
      return own + eof === "" ? undefined : encoder.encode(own + eof);
    },
    keepalive: encoder.encode(SSE_KEEPALIVE),
  };
}

/** What was framed lately, by where it stands in which log: every reader of this isolate gets the same bytes. */
const framed = new Map<string, Uint8Array>();
const FRAMED_BYTES_MAX = 8 * 1024 * 1024;
/** Larger messages are replays, which readers take at their own pace. */
const FRAMED_MESSAGE_CHARS_MAX = 64 * 1024;
let framed_bytes = 0;

/**
 * Lines of a log never change, so its execution, first seq and length say which a message has; only gaps grow, and depend on
 * where a reader stands.
 */
function framedOnce(executionId: string, lines: string, shared: string): Uint8Array {
  if (lines.length > FRAMED_MESSAGE_CHARS_MAX || hasGap(lines)) return sseBytes(executionId, lines, shared);
  const key = `${executionId} ${seqText(lines)} ${lines.length}`;
  const known = framed.get(key);
  if (known) return known;
  const bytes = sseBytes(executionId, lines, shared);
  framed_bytes += bytes.length;
  if (framed_bytes > FRAMED_BYTES_MAX) {
    framed.clear();
    framed_bytes = bytes.length;
  }
  framed.set(key, bytes);
  return bytes;
}

function sseBytes(executionId: string, lines: string, shared: string): Uint8Array {
  let frames = "";
  for (const line of splitLines(lines)) frames += sseOutput(line, shared, executionId);
  return encoder.encode(frames);
}

function rawBytes(lines: string): Uint8Array {
  const parts: Uint8Array[] = [];
  let text = "";
  for (let at = 0; at < lines.length; ) {
    const end = lineEnd(lines, at);
    if (isEncoded(lines, at)) {
      parts.push(encoder.encode(text), chunkBytes(decodeChunk(lines.slice(at, end))));
      text = "";
    } else text += dataOf(lines, at, end);
    at = end;
  }
  parts.push(encoder.encode(text));
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}
