import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FoldScanner } from "../../../protocol/wire/fold-scanner.ts";
import { type Fold, foldsOf } from "../../../web/log/folds/folds-of.ts";

/** The folds of an output of these lines, a second apart. */
function folds(texts: readonly (string | [host: string, text: string])[]): Fold[] {
  const scanner = new FoldScanner();
  for (const [at, written] of texts.entries()) {
    const [host, text] = typeof written === "string" ? [undefined, written] : written;
    const place = at + 1;
    const timestamp = new Date(place * 1000).toISOString().replace("Z", "000Z");
    const none = { omitted: 0, headless: false, output_type: "stdout" as const };
    scanner.read({ ...none, number: place, place, seq: place, timestamp, text, host });
  }
  return foldsOf(scanner.marks).folds;
}

describe("the groups of an output", () => {
  it("nest, count their lines and have a duration", () => {
    const [outer, inner] = folds(["::group::a", "1", "##[group]b", "2", "##[endgroup]", "::endgroup::", "3"]);
    expect(outer).toMatchObject({ from: 1, to: 6, lines: 4, took_ms: 5000, name: "a", has_end: true });
    expect(inner).toMatchObject({ from: 3, to: 5, lines: 1, took_ms: 2000, parent: outer });
  });

  it("by headers end at the next one, and the last one does not end", () => {
    expect(folds(["~~~ a", "1", "--- b", "2", "3", "^^^ +++", "+++ c", "4"])).toMatchObject([
      { from: 1, to: 2, lines: 1, look: "muted", has_end: false },
      { from: 3, to: 6, lines: 3, look: "open" },
      { from: 7, to: undefined, look: "open" },
    ]);
  });

  it("by sections end by their names, and a line may end one and begin another", () => {
    const end = "section_end:70:a\r\x1b[0Ksection_start:71:b\r\x1b[0KB";
    expect(folds(["section_start:10:a\r\x1b[0KA", "1", end, "2", "section_end:75:b\r\x1b[0K"])).toMatchObject(
      [
        { from: 1, to: 2, lines: 1, took_ms: 60_000, name: "A", has_end: false },
        { from: 3, to: 5, lines: 1, took_ms: 4_000, name: "B", has_end: true },
      ],
    );
  });

  it("may end in the line that they begin in, and have no lines then", () => {
    expect(folds(["section_start:1:a\rsection_end:2:a\rx"])).toMatchObject([{ from: 1, to: 1, lines: 0 }]);
    expect(folds(["section_start:1:a\rsection_end:2:a\r"])).toMatchObject([{ from: 1, to: 1, lines: 0 }]);
    expect(folds(["--- a", "--- b", "1", "--- c"])).toMatchObject([
      { from: 1, to: 1, lines: 0 },
      { from: 2, to: 3, lines: 1 },
      { from: 4, to: undefined },
    ]);
  });

  it("are none where several hosts write in turn", () => {
    const mixed = folds([
      ["a", "::group::x"],
      ["b", "other"],
      ["a", "1"],
      ["a", "::endgroup::"],
    ]);
    expect(mixed.filter(({ to }) => to !== undefined)).toEqual([]);
    expect(
      folds([
        ["a", "::group::x"],
        ["a", "::endgroup::"],
        ["b", "::group::y"],
        ["b", "::endgroup::"],
      ]),
    ).toMatchObject([
      { from: 1, to: 2 },
      { from: 3, to: 4 },
    ]);
  });

  it("joins a run that two parts of an output have found", () => {
    const run = { kind: "run", text: "x" } as const;
    expect(
      foldsOf([
        { ...run, place: 1, count: 30 },
        { ...run, place: 31, count: 25 },
      ]).folds,
    ).toMatchObject([{ from: 1, to: 55, lines: 55 }]);
  });

  it("lie in each other or apart, whatever is written", () => {
    const text = fc.constantFrom(
      "text",
      "::group::g",
      "::endgroup::",
      "--- h",
      "+++ h",
      "^^^ +++",
      "section_start:1:a\r",
      "section_end:2:a\r",
      "section_end:2:a\r\x1b[0Ksection_start:3:b\r\x1b[0KB",
      "section_end:4:b\r",
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), (texts) => {
        const found = folds(texts);
        for (const one of found) {
          if (one.to !== undefined) expect(one.to).toBeGreaterThanOrEqual(one.from);
          if (one.parent) expect(one.to ?? texts.length).toBeLessThanOrEqual(one.parent.to ?? texts.length);
          for (const other of found) {
            if (other.from <= one.from) continue;
            const is_apart = one.to !== undefined && other.from > one.to;
            expect(is_apart || (other.to ?? texts.length) <= (one.to ?? texts.length)).toBe(true);
          }
        }
      }),
    );
  });
});
