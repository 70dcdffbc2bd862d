import { chunkBytes } from "../../../protocol/wire/chunk.ts";
import { dataOf, decodeChunk, encodeEvent, isEncoded, lineEnd } from "../../../protocol/wire/line.ts";
import { splitLines } from "../../../protocol/wire/ndjson.ts";
import type { ControlEvent } from "../../../protocol/wire/record.ts";
import type { OutputOrigin } from "../../../protocol/wire/sse.ts";
import { EOF_EVENT, SSE_KEEPALIVE, sseFrame, sseOrigin, sseOutput } from "../../../protocol/wire/sse.ts";

/** One format of a response: functions that write a follower's messages as bytes. */
export interface Frames {
  /** The same for all readers of an execution for which `output` writes the same bytes; undefined if they depend on the lines before. */
  name: string | undefined;
  content_type: string;
  /** Lines of the log. */
  output(lines: string): Uint8Array;
  /** A control record; undefined if the format has no place for it. */
  control(event: ControlEvent, last_seq: number): Uint8Array | undefined;
  /** The bytes that keep a quiet connection open; undefined if every byte is output. */
  keepalive: Uint8Array | undefined;
}

const encoder = new TextEncoder();

/** The records as they are, one on each line. */
export const NDJSON_FRAMES: Frames = {
  name: "ndjson",
  content_type: "application/x-ndjson",
  output: (lines) => encoder.encode(lines),
  control: (event) => encoder.encode(encodeEvent(event)),
  keepalive: encoder.encode("\n"),
};

/** Only the bytes that the process wrote. */
export const TEXT_FRAMES: Frames = {
  name: "text",
  content_type: "text/plain; charset=UTF-8",
  output: rawBytes,
  control: () => undefined,
  keepalive: undefined,
};

/**
 * StackStorm's events with our ids. `extended` adds records that StackStorm's stream lacks (status, end, errors) as events
 * of another name. The id of EOF is one more than that of the last output, so that a reader that has it has everything.
 */
export function sseFrames(origin: OutputOrigin, extended: boolean): Frames {
  const shared = sseOrigin(origin);
  return {
    name: "events",
    content_type: "text/event-stream; charset=UTF-8",
    output: (lines) => sseBytes(origin.execution_id, lines, shared),
    control: (event, last_seq) => {
      const own = extended ? sseFrame("tailrace", JSON.stringify(event)) : "";
      const ends = event.event === "end" || event.event === "up_to_date";
      const eof = ends ? sseFrame(EOF_EVENT, "''", event.event === "end" ? last_seq + 1 : last_seq) : "";
      return own + eof === "" ? undefined : encoder.encode(own + eof);
    },
    keepalive: encoder.encode(SSE_KEEPALIVE),
  };
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
