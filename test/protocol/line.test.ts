import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adoptLines } from "../../protocol/wire/adopt.ts";
import { type Chunk, firstSeq, type Gap, OUTPUT_TYPES } from "../../protocol/wire/chunk.ts";
import {
  cutEnd,
  dataOf,
  decodeChunk,
  dropLines,
  encodeChunk,
  encodeEvent,
  hasGap,
  isAdopted,
  isEncoded,
  isEvent,
  lastSeq,
  lineEnd,
  seqAt,
  timestampOf,
  typeAt,
} from "../../protocol/wire/line.ts";
import { LineSplitter, splitLines } from "../../protocol/wire/ndjson.ts";

const timestamp = "2026-11-24T12:00:00.000000Z";
const id = "0123456789abcdef01234567";

/** Texts that look like parts of a line. */
const tricky = fc.oneof(
  fc.string(),
  fc.constantFrom(
    ',"data":"',
    '"execution_id":"',
    ',"gap":{',
    '"encoding"',
    '"}\n{"seq":7,',
    "\n",
    '{"event":',
    "\\",
  ),
);
const chunk = fc
  .record({
    output_type: fc.constantFrom(...OUTPUT_TYPES),
    data: tricky,
    host: fc.option(tricky, { nil: undefined }),
    path: fc.option(tricky, { nil: undefined }),
    is_base64: fc.boolean(),
    gap: fc.option(fc.constant<Gap>({ reason: "spool_full", bytes: 3 }), { nil: undefined, freq: 5 }),
  })
  .map(
    ({ is_base64, data, gap, path, ...rest }): Omit<Chunk, "seq"> => ({
      ...rest,
      timestamp,
      ...(path === undefined ? {} : { execution_id: id, path }),
      ...(gap ? { gap, data: "" } : is_base64 ? { encoding: "base64" as const, data: "/w==" } : { data }),
    }),
  );
const chunks = fc
  .tuple(fc.integer({ min: 1, max: 999_999_000_000 }), fc.array(chunk, { minLength: 1, maxLength: 12 }))
  .map(([first_seq, all]) => all.map((one, at): Chunk => ({ seq: first_seq + at, ...one })));

const bodyOf = (all: readonly Chunk[]) => all.map(encodeChunk).join("");

describe("a line of the log", () => {
  it("gives its fields without being parsed, for any text in it", () => {
    fc.assert(
      fc.property(chunks, (all) => {
        const body = bodyOf(all);
        expect(lastSeq(body)).toBe(all.at(-1)?.seq);
        expect(hasGap(body)).toBe(all.some(({ gap }) => gap !== undefined));
        expect(isEvent(body)).toBe(false);
        let at = 0;
        for (const one of all) {
          const end = lineEnd(body, at);
          const line = body.slice(at, end);
          expect(decodeChunk(line)).toEqual(JSON.parse(JSON.stringify(one)));
          expect(seqAt(body, at)).toBe(one.seq);
          expect(isEncoded(body, at)).toBe(one.encoding !== undefined);
          expect(typeAt(body, at)).toBe(one.output_type);
          expect(isAdopted(line)).toBe(one.execution_id !== undefined);
          expect(timestampOf(line)).toBe(timestamp);
          if (one.encoding === undefined && !one.gap) expect(dataOf(body, at, end)).toBe(one.data);
          at = end;
        }
        expect(at).toBe(body.length);
      }),
    );
  });

  it("differs from an event in its beginning", () => {
    expect(isEvent(encodeEvent({ event: "credit", last_seq: 3 }))).toBe(true);
  });
});

describe("lines of the log", () => {
  it("are cut behind whole lines: at least one, and more within the bound", () => {
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 1_000 }), (all, chars_max) => {
        const body = bodyOf(all);
        const parts: string[] = [];
        for (let at = 0; at < body.length; ) {
          const end = cutEnd(body, at, chars_max);
          parts.push(body.slice(at, end));
          at = end;
        }
        expect(parts.join("")).toBe(body);
        for (const part of parts) {
          expect(part.endsWith("\n")).toBe(true);
          if (part.length > chars_max) expect(splitLines(part)).toHaveLength(1);
        }
      }),
    );
  });

  it("are dropped up to any sequence number", () => {
    fc.assert(
      fc.property(chunks, fc.nat(), (all, pick) => {
        const kept = all.slice(pick % all.length);
        const first_seq = kept[0]?.seq ?? 1;
        expect(dropLines(bodyOf(all), first_seq - 1)).toBe(bodyOf(kept));
      }),
    );
  });

  it("are relabelled as if each line were parsed and written again", () => {
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 1_000_000 }), tricky, (all, first_seq, name) => {
        const relabelled = splitLines(adoptLines(bodyOf(all), first_seq, { execution_id: id, name }));
        const expected = all.map((one, at) => ({
          ...one,
          seq: first_seq + at,
          execution_id: one.execution_id ?? id,
          path: one.path === undefined ? name : `${name}/${one.path}`,
        }));
        expect(relabelled.map((line) => `${line}\n`)).toEqual(expected.map(encodeChunk));
      }),
    );
  });

  it("keep the range of a gap when they are relabelled", () => {
    const gap: Gap = { reason: "limit", bytes: 9, first_seq: 3 };
    const body = bodyOf([
      { seq: 7, timestamp, output_type: "other", gap, data: "" },
      { seq: 8, timestamp, output_type: "stdout", data: "a" },
    ]);
    const [first, second] = splitLines(adoptLines(body, 20, { execution_id: id, name: "t" })).map(
      decodeChunk,
    );
    expect([first && firstSeq(first), first?.seq, second?.seq]).toEqual([20, 24, 25]);
  });
});

describe("the splitter", () => {
  it("gives the same lines for any cut of the text", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "é", "\n") })), (pieces) => {
        const splitter = new LineSplitter(1_000);
        const lines = pieces.flatMap((piece) => [...splitter.push(piece)]);
        expect(lines).toEqual(pieces.join("").split("\n").slice(0, -1));
      }),
    );
  });

  it("gives the lines before a line that is too long, and then throws", () => {
    const lines: string[] = [];
    const splitter = new LineSplitter(3);
    expect(() => {
      for (const line of splitter.push("one\nlong")) lines.push(line);
    }).toThrow("a line has more than 3 characters");
    expect(lines).toEqual(["one"]);
  });
});
