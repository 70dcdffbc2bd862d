import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TailraceError } from "../../protocol/base/errors.ts";
import { BATCH_CHUNKS_MAX } from "../../protocol/base/limits.ts";
import { placeBatch } from "../../protocol/wire/append.ts";
import { readBatch } from "../../protocol/wire/batch.ts";
import { type Chunk, chunkBytes, chunkSize } from "../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { readRecord } from "../../protocol/wire/record.ts";

const timestamp = "2026-11-24T12:00:00.000000Z";

function chunk(seq: number, data: string, over: Partial<Chunk> = {}): Chunk {
  return { seq, timestamp, output_type: "stdout", data, ...over };
}

const anyChunk = fc.oneof(
  fc.record({
    data: fc.string({ unit: "binary", maxLength: 50 }).map((text) => text.toWellFormed()),
    output_type: fc.constantFrom("stdout" as const, "stderr" as const),
  }),
  fc.record({
    data: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes).toString("base64")),
    encoding: fc.constant("base64" as const),
    output_type: fc.constant("other" as const),
  }),
  fc.record({
    data: fc.constant(""),
    gap: fc.constant({ reason: "spool_full" as const, bytes: 7 }),
    output_type: fc.constant("other" as const),
  }),
  fc.record({
    data: fc.string({ maxLength: 9 }),
    host: fc.string({ maxLength: 20 }),
    output_type: fc.constant("stdout" as const),
  }),
);

describe("a batch", () => {
  it("is read as it was written, and its bytes are counted", () => {
    fc.assert(
      fc.property(
        fc.array(anyChunk, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 1e9 }),
        (parts, first) => {
          const chunks: Chunk[] = parts.map((part, at) => ({ seq: first + at, timestamp, ...part }));
          const text = chunks.map(encodeChunk).join("");
          const batch = readBatch(text);
          expect(batch.body).toBe(text);
          expect(batch).toMatchObject({ first_seq: first, last_seq: first + chunks.length - 1 });
          expect(batch.body.trimEnd().split("\n").map(readRecord)).toEqual(chunks);
          for (const type of ["stdout", "stderr", "other"] as const) {
            const own = chunks.filter(({ output_type }) => output_type === type);
            expect(batch.bytes[type]).toBe(own.reduce((sum, each) => sum + chunkBytes(each).length, 0));
          }
          for (const each of chunks) expect(chunkSize(each)).toBe(chunkBytes(each).length);
        },
      ),
    );
  });

  it("is written in one form, whatever its form was", () => {
    const plain = chunk(1, "a\n");
    const { seq, data, output_type } = plain;
    for (const text of [
      JSON.stringify({ data, seq, output_type, timestamp }),
      ` ${JSON.stringify(plain)}`,
      JSON.stringify(plain, null, " ").replaceAll("\n", ""),
      encodeChunk(plain).trimEnd(),
    ]) {
      expect(readBatch(text).body).toBe(encodeChunk(plain));
    }
    const base64 = chunk(1, "AAE=", { encoding: "base64" });
    expect(
      readBatch(
        `{"seq":1,"timestamp":"${timestamp}","output_type":"stdout","data":"AAE=","encoding":"base64"}`,
      ).body,
    ).toBe(encodeChunk(base64));
  });

  it.each([
    ["", "The batch is empty."],
    ["\n", "Line 1: not JSON."],
    [`${encodeChunk(chunk(1, "a"))}{`, "Line 2: not JSON."],
    ["[]", "Line 1: "],
    ["null", "Line 1: "],
    [encodeChunk(chunk(1, "a")).replace('"a"', "5"), "Line 1: data: "],
    [encodeChunk(chunk(1, "a")).replace('"a"', '"a" "b"'), "Line 1: not JSON."],
    [encodeChunk(chunk(1.5, "a")), "Line 1: seq: "],
    [encodeChunk(chunk(2 ** 53, "a")), "Line 1: seq: "],
    [encodeChunk(chunk(1, "a", { timestamp: "yesterday" })), "Line 1: timestamp: "],
    [encodeChunk(chunk(1, "a")) + encodeChunk(chunk(1, "b")), "Line 2: seq 1 does not follow 1."],
    [encodeChunk(chunk(1, "\ud800")), "Line 1: data is not Unicode text."],
    [encodeChunk(chunk(1, "AA", { encoding: "base64" })), "Line 1: data is not base64."],
    [
      encodeChunk(chunk(1, "a", { execution_id: "f".repeat(24) })),
      "Line 1: only a parent's log names the execution of a chunk.",
    ],
    [
      encodeChunk(chunk(1, "a", { path: "task" })),
      "Line 1: only a parent's log names the execution of a chunk.",
    ],
    [encodeChunk(chunk(1, "x".repeat(65_537))), "Line 1: "],
    [encodeChunk(chunk(1, "é".repeat(32_769))), "Line 1: data has more than 65536 bytes."],
    [
      Array.from({ length: BATCH_CHUNKS_MAX + 1 }, (_, at) => encodeChunk(chunk(at + 1, ""))).join(""),
      "The batch has more than 10000 chunks.",
    ],
  ])("with a mistake is refused with the line (%#)", (text, reason) => {
    expect(() => readBatch(text)).toThrow(TailraceError);
    expect(() => readBatch(text)).toThrow(reason);
  });
});

describe("the append rule", () => {
  it("keeps a log dense and complete while a producer that follows `next` repeats, loses and recuts batches", () => {
    const attempt = fc.record({
      from: fc.integer({ min: -5, max: 5 }),
      count: fc.integer({ min: 1, max: 6 }),
      answered: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(attempt, { maxLength: 80 }), (attempts) => {
        const log: number[] = [];
        let believed = 1;
        for (const { from, count, answered } of attempts) {
          const first = Math.max(1, believed + from);
          const last = first + count - 1;
          const next = log.length + 1;
          const placement = placeBatch(next, first, last);
          if (placement === "append") for (let seq = first; seq <= last; seq++) log.push(seq);
          if (placement === "held") expect(last).toBeLessThan(next);
          if (answered) believed = log.length + 1;
        }
        expect(log).toEqual(Array.from({ length: log.length }, (_, at) => at + 1));
      }),
    );
  });
});
