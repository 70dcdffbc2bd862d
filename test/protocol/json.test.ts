import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundedDepth, parseJson, tryJson } from "../../protocol/base/json.ts";

function nested(depth: number, inner = "1"): string {
  return "[".repeat(depth) + inner + "]".repeat(depth);
}

describe("the reader of JSON", () => {
  it("reads what JSON.parse reads, within its bound on depth", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("accepts as many levels as its bound allows", () => {
    for (const depth_max of [1, 5, 100]) {
      expect(tryJson(nested(depth_max), { depth_max })).toBeDefined();
      expect(() => parseJson(nested(depth_max + 1), { depth_max })).toThrow(
        `nested deeper than ${depth_max}.`,
      );
      expect(() => parseJson(`{"a":${nested(depth_max)}}`, { depth_max })).toThrow(/nested deeper/);
    }
  });

  it("counts open levels, and no brackets in strings", () => {
    const wide = `[${Array(500).fill('{"a":[]}').join(",")}]`;
    expect(parseJson(wide, { depth_max: 3 })).toHaveLength(500);
    const strings = JSON.stringify([nested(300, '"'), "\\".repeat(301), '\\"[['.repeat(300)]);
    expect(parseJson(strings, { depth_max: 1 })).toHaveLength(3);
  });

  it("refuses a million levels without descending into them", () => {
    expect(() => parseJson("[".repeat(1_000_000))).toThrow(/nested deeper than 256/);
    expect(tryJson("[".repeat(1_000_000))).toBeUndefined();
  });
});

describe("the bound on a value of another notation", () => {
  it("is the bound on JSON", () => {
    for (const depth of [1, 5, 100]) {
      expect(boundedDepth(JSON.parse(nested(depth)), depth)).toBeDefined();
      expect(() => boundedDepth(JSON.parse(nested(depth + 1)), depth)).toThrow(/nested deeper/);
    }
    expect(boundedDepth("text", 1)).toBe("text");
  });

  it("also holds for a value that contains itself", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => boundedDepth(circle, 100)).toThrow(/nested deeper/);
  });
});
