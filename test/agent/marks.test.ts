import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BEGIN_TEXT, MarkScanner } from "../../agent/ssh/marks.ts";

const WORDS = ["ab1", "ab2"];

/** Scans a stream that arrives in these parts: the data without marks, and each mark's place in it. */
function scanAll(parts: string[]) {
  let data = "";
  const marks: { word: string; at: number }[] = [];
  const scanner = new MarkScanner(
    WORDS,
    (bytes) => {
      data += bytes.toString("latin1");
    },
    (word) => marks.push({ word, at: data.length }),
  );
  for (const part of parts) scanner.scan(Buffer.from(part, "latin1"));
  const shown = data;
  scanner.end();
  return { data, marks, shown };
}

describe("marks in a stream", () => {
  it("are removed from it, wherever it is cut", () => {
    const piece = fc.constantFrom(BEGIN_TEXT, "a", "b", "1", "2", `${BEGIN_TEXT}ab1`, `${BEGIN_TEXT}ab2`);
    fc.assert(
      fc.property(fc.array(fc.array(piece)), (pieces) => {
        const parts = pieces.map((part) => part.join(""));
        const { shown: _, ...cut } = scanAll(parts);
        const { shown: __, ...whole } = scanAll([parts.join("")]);
        expect(cut).toEqual(whole);
      }),
    );
    expect(scanAll([`a${BEGIN_TEXT}ab`, `1b${BEGIN_TEXT}${BEGIN_TEXT}ab2c`])).toMatchObject({
      data: `ab${BEGIN_TEXT}c`,
      marks: [
        { word: "ab1", at: 1 },
        { word: "ab2", at: 3 },
      ],
    });
  });

  it("hold back only bytes that may belong to a mark", () => {
    expect(scanAll(["text"]).shown).toBe("text");
    expect(scanAll([`text${BEGIN_TEXT}x`]).shown).toBe(`text${BEGIN_TEXT}x`);
    const { shown, data } = scanAll([`text${BEGIN_TEXT}ab`]);
    expect({ shown, data }).toEqual({ shown: "text", data: `text${BEGIN_TEXT}ab` });
  });

  it("make the stream wait for the data that was passed on last", () => {
    const wait = Promise.resolve();
    const scanner = new MarkScanner(
      WORDS,
      () => wait,
      () => undefined,
    );
    expect(scanner.scan(Buffer.from("data"))).toBe(wait);
    expect(scanner.scan(Buffer.from(`data${BEGIN_TEXT}ab1`))).toBe(wait);
    expect(scanner.scan(Buffer.from(`${BEGIN_TEXT}ab1`))).toBeUndefined();
    scanner.end();
  });
});
