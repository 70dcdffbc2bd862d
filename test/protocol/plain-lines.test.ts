import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { CHUNK_BYTES_MAX } from "../../protocol/base/limits.ts";
import { Chunk, chunkSize } from "../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { lineCount } from "../../protocol/wire/lines.ts";
import { PlainLines } from "../../protocol/wire/plain-lines.ts";

const timestamp = "2026-11-24T12:00:00.000000Z";

function lineOf(fields: Partial<Chunk>): string {
  return encodeChunk({ seq: 12, timestamp, output_type: "stdout", data: "a\n", ...fields });
}

function read(text: string, start = 0): PlainLines | undefined {
  const size = new TextEncoder().encode(text).length;
  const lines = new PlainLines(text, size);
  const is_plain = lines.read(start);
  // The size may be unknown, but then it has to be found out.
  const others = new PlainLines(text, undefined);
  expect(others.read(start)).toBe(is_plain);
  if (is_plain) expect(others.bytes).toBe(lines.bytes);
  return is_plain ? lines : undefined;
}

/** What the schema and the slower counts say of a line. */
function checked(line: string) {
  const chunk = v.parse(Chunk, JSON.parse(line));
  const { seq, output_type } = chunk;
  return { seq, output_type, bytes: chunkSize(chunk), line_count: lineCount(chunk) };
}

describe("a plain line", () => {
  it.each([
    ["text", {}, true],
    ["an empty text", { data: "" }, true],
    ["a long text", { data: "x".repeat(CHUNK_BYTES_MAX) }, true],
    ["too long a text", { data: "x".repeat(CHUNK_BYTES_MAX + 1) }, false],
    ["the last number", { seq: 999_999_999_999 }, true],
    ["a number behind it", { seq: 1_000_000_000_000 }, false],
    ["no number", { seq: 0 }, false],
    ["a gap", { data: "", gap: { reason: "limit" as const, bytes: 1 } }, false],
    ["bytes", { data: "/w==", encoding: "base64" as const }, false],
    ["a host's text", { host: "h" }, false],
    ["another time", { timestamp: "2026-11-24T12:00:00Z" }, false],
    ["half of a surrogate pair", { data: "\ud800" }, false],
  ])("is text without a host in canonical form: %s", (_, fields, is_plain) => {
    expect(read(lineOf(fields)) !== undefined).toBe(is_plain);
  });

  it.each([
    String.raw`\"\\\/\b\f\n\r\t`,
    String.raw`\u001b[1m\u000a\u000A\u007F`,
    String.raw`\\n\\\n`,
    "ä€😀\u2028",
  ])("has the counts of its text: %j", (data) => {
    const line = lineOf({}).replace(String.raw`a\n`, () => data);
    expect(read(line)).toMatchObject(checked(line));
  });

  it.each([String.raw`\x`, String.raw`\u12`, String.raw`\u00gg`, String.raw`\u0 1b`, "\\", "\u0001", '"'])(
    "has valid JSON: %j",
    (data) => {
      const line = lineOf({}).replace(String.raw`a\n`, () => data);
      expect(() => JSON.parse(line)).toThrow();
      expect(read(line)).toBeUndefined();
    },
  );

  it("is read as the schema reads it, wherever it is, and however it is damaged", () => {
    const anyText = fc.string({ unit: "binary", maxLength: 30 }).map((text) => text.toWellFormed());
    const anyLine = fc.record({
      data: anyText,
      output_type: fc.constantFrom("stdout" as const, "stderr" as const, "other" as const),
      seq: fc.integer({ min: 1, max: 1e12 - 1 }),
    });
    const damage = fc.record({
      at: fc.nat(150),
      length: fc.nat(3),
      text: fc.constantFrom("", '"', "\\", "0", "\n", "}"),
    });
    fc.assert(
      fc.property(
        fc.array(anyLine, { maxLength: 3 }),
        anyLine,
        fc.option(damage),
        (before, fields, damaged) => {
          const { at, length, text } = damaged ?? { at: 0, length: 0, text: "" };
          const whole = lineOf(fields);
          const line = (whole.slice(0, at) + text + whole.slice(at + length)).toWellFormed();
          const earlier = before.map(lineOf);
          const lines = new PlainLines(earlier.join("") + line, undefined);
          let start = 0;
          for (const one of earlier) {
            expect(lines.read(start)).toBe(true);
            start += one.length;
          }
          const is_plain = lines.read(start);
          if (!damaged) expect(is_plain).toBe(true);
          if (!is_plain) return;
          // The last line may be without its line feed, and ends at the same place.
          const end = `${line}\n`.indexOf("\n") + 1;
          expect(lines).toMatchObject(checked(line.slice(0, end)));
          expect(lines.end).toBe(start + end);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("may be the last one without its line feed", () => {
    const line = lineOf({}).trimEnd();
    expect(read(line)).toBeDefined();
    expect(read(`${line} `)).toBeUndefined();
  });
});
