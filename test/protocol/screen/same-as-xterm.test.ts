import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { widthOf } from "../../../protocol/screen/widths.ts";
import { PROGRAMS, piecesOf } from "./programs.ts";
import { ourScreen, Reference, unicode11Width } from "./reference.ts";

/** All programs with TAILRACE_TEST_LONG=1. */
const RUNS = process.env.TAILRACE_TEST_LONG === "1" ? 1_000_000 : 10_000;
const SIZES = [
  { columns: 5, rows: 3 },
  { columns: 12, rows: 4 },
];

describe("a screen is the same as xterm's", () => {
  for (const size of SIZES) {
    it(`in each cell and at the cursor, for random programs on ${size.columns} columns`, () => {
      const reference = new Reference(size);
      fc.assert(
        fc.property(PROGRAMS, fc.boolean(), ({ output, cuts }, returns) => {
          reference.write(output, returns);
          expect(ourScreen(piecesOf(output, cuts), size, returns)).toEqual(reference.read());
        }),
        { numRuns: RUNS / SIZES.length },
      );
    }, 3_600_000);
  }
});

describe("a screen of five columns is the same as xterm's", () => {
  const size = { columns: 5, rows: 3 };
  const reference = new Reference(size);

  it.each([
    ["a combining character behind a full row, which later moves", ["abcde\x1b[m\u0301\r\x1b[P"]],
    ["two combining characters behind a full row, cut between", ["abcde\x1b[m\u0301", "\u0301\n"]],
  ])("for %s", (_, pieces) => {
    reference.write(pieces.join(""), false);
    expect(ourScreen(pieces, size, false)).toEqual(reference.read());
  });
});

describe("the columns of characters", () => {
  it("are xterm's for Unicode 11, for all characters", () => {
    const other: string[] = [];
    for (let point = 0xa0; point <= 0x10ffff; point++)
      if (widthOf(point) !== unicode11Width(point)) other.push(point.toString(16));
    expect(other).toEqual([]);
  });
});
