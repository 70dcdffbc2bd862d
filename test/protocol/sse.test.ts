import { createParser, type EventSourceMessage } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import { SEQ_MAX } from "../../protocol/base/limits.ts";
import { TIMESTAMP_PATTERN, timestamp } from "../../protocol/base/time.ts";
import type { Chunk } from "../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import {
  chunkOfOutputEvent,
  OUTPUT_EVENT,
  SSE_KEEPALIVE,
  sseFrame,
  sseOrigin,
  sseOutput,
} from "../../protocol/wire/sse.ts";

const execution_id = newId();
const origin = sseOrigin({ execution_id, action_ref: "core.local", runner_ref: "local-shell-cmd" });

function parse(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  parser.feed(text);
  return events;
}

const hostile = fc.constantFrom(
  "\r",
  "\n",
  "\r\n\r\n",
  "data: x",
  "event: EOF\n\n",
  "id: 9\n",
  "\u2028",
  "\0",
  "\ufeff",
  '","seq":9,"',
  '"encoding":"base64"',
  "😀",
);

describe("an event stream", () => {
  it("carries every chunk, and no data leaves its event", () => {
    const text = fc
      .array(fc.oneof(hostile, fc.string({ unit: "binary", maxLength: 9 })), { maxLength: 8 })
      .map((parts) => parts.join("").toWellFormed());
    const bytes = fc.uint8Array({ maxLength: 30 }).map((data) => Buffer.from(data).toString("base64"));
    const anyChunk = fc.record({
      seq: fc.integer({ min: 1, max: SEQ_MAX }),
      text,
      bytes,
      raw: fc.boolean(),
      host: fc.option(fc.string({ maxLength: 9 })),
    });
    fc.assert(
      fc.property(anyChunk, ({ seq, text, bytes, raw, host }) => {
        const chunk: Chunk = {
          seq,
          timestamp: timestamp(1_764_000_000_000.25),
          output_type: "stderr",
          ...(raw ? { encoding: "base64" as const } : {}),
          ...(host === null ? {} : { host }),
          data: raw ? bytes : text,
        };
        const line = encodeChunk(chunk).slice(0, -1);
        const [event, ...more] = parse(SSE_KEEPALIVE + sseOutput(line, origin, execution_id));
        expect(more).toEqual([]);
        expect(event).toMatchObject({ id: String(seq), event: OUTPUT_EVENT });
        const body = JSON.parse(event?.data ?? "");
        expect(body).toMatchObject({
          execution_id,
          action_ref: "core.local",
          id: expect.stringMatching(/^[0-9a-f]{24}$/),
        });
        expect(body).not.toHaveProperty("seq");
        expect(typeof body.data).toBe("string");
        expect(chunkOfOutputEvent(seq, body)).toEqual(chunk);
      }),
      { numRuns: 500 },
    );
  });

  it("writes frames with and without an id", () => {
    expect(sseFrame("EOF", "''", 3)).toBe("id: 3\nevent: EOF\ndata: ''\n\n");
    expect(sseFrame("tailrace", "{}")).toBe("event: tailrace\ndata: {}\n\n");
  });
});

describe("ids and times", () => {
  it("sort by age, also within one second", () => {
    const ids = Array.from({ length: 2_000 }, (_, ms) => newId(1_764_000_000_000 + ms));
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(Array.from({ length: 1_000 }, () => newId(5))).size).toBe(1_000);
  });

  it("have microseconds", () => {
    expect(timestamp(1_764_000_000_000.25)).toBe("2025-11-24T16:00:00.000250Z");
    expect(timestamp(Date.now())).toMatch(TIMESTAMP_PATTERN);
  });
});
