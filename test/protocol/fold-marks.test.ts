import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldMarkers } from "../../protocol/wire/fold-markers.ts";
import { type FoldMark, FoldScanner, RUN_LINES_MIN } from "../../protocol/wire/fold-scanner.ts";
import type { Line } from "../../protocol/wire/lines.ts";

/** Lines of one program, as they are numbered from a place on. */
function lines(texts: string[], from = 1): Line[] {
  return texts.map((text, at) => lineOf(text, from + at));
}

function lineOf(text: string, place: number, host?: string): Line {
  const timestamp = new Date(place * 1000).toISOString().replace("Z", "000Z");
  const none = { seq: place, omitted: 0, headless: false, output_type: "stdout" as const };
  return { ...none, number: place, place, timestamp, text, host };
}

function marksOf(read: Line[]): FoldMark[] {
  const scanner = new FoldScanner();
  for (const line of read) scanner.read(line);
  return scanner.marks.filter(({ kind }) => kind !== "source");
}

describe("the marker of a line", () => {
  it.each([
    ["::group::Build", { kind: "start", key: "group", name: "Build", cut: 9 }],
    ["::group::", { kind: "start", key: "group", name: "", cut: 9 }],
    ["##[group]Run make", { kind: "start", key: "group", name: "Run make", cut: 9 }],
    ["\x1b[36m::group::\x1b[1mBuild\x1b[0m", { kind: "start", key: "group", name: "Build", cut: 9 }],
    ["::endgroup::", { kind: "end", key: "group", shares: false }],
    ["##[endgroup]", { kind: "end", key: "group", shares: false }],
    ["--- Build :hammer:", { kind: "start", key: "", name: "Build :hammer:", cut: 4, look: undefined }],
    ["+++ Tests", { kind: "start", key: "", name: "Tests", cut: 4, look: "open" }],
    ["~~~ Preparing", { kind: "start", key: "", name: "Preparing", cut: 4, look: "muted" }],
    ["\x1b[90m---  Two spaces\x1b[0m", { kind: "start", key: "", name: "Two spaces", cut: 5 }],
    ["^^^ +++", { kind: "reopen" }],
    [
      "\x1b[0Ksection_start:1700000000:build[collapsed=true]\r\x1b[0K\x1b[36mBuild it\x1b[0m",
      { kind: "start", key: "section build", name: "Build it", cut: 0, time_ms: 1_700_000_000_000 },
    ],
    ["section_start:1700000000:a.b-c\r\x1b[0K", { kind: "start", key: "section a.b-c", name: "a.b-c" }],
    ["section_start:1:x[collapsed=false]\r\x1b[0KX", { kind: "start", look: "open" }],
    ["section_end:1700000060:build\r\x1b[0K", { kind: "end", key: "section build", shares: false }],
    ["section_end:1700000060:build\r\x1b[0Kmore", { kind: "end", key: "section build", shares: true }],
  ])("%j", (line, marker) => {
    expect(foldMarkers(line)).toMatchObject([marker]);
  });

  it("may be several: GitLab ends a section and begins the next in one line", () => {
    const line = "section_end:2:a\r\x1b[0Ksection_start:3:b\r\x1b[0KNext";
    expect(foldMarkers(line)).toMatchObject([
      { kind: "end", key: "section a", shares: true },
      { kind: "start", key: "section b", name: "Next" },
    ]);
  });

  it.each([
    "",
    "plain",
    "---",
    "--------",
    "---name",
    "--- PASS: TestCart (0.00s)",
    "--- localhost ping statistics ---",
    " ::group::indented",
    "say ::group::x",
    "::groups::x",
    "section_start:now:x\r",
    "section_start:1:x and more",
    "^^^ ---",
  ])("is not %j", (line) => {
    expect(foldMarkers(line)).toEqual([]);
  });
});

describe("the marks of an output", () => {
  it("leave out the names of a diff's files", () => {
    const diff = ["--- a/x", "+++ b/x", "@@ -1 +1 @@", "-a", "+b"];
    const coloured = ["\x1b[1m--- a/x\x1b[m", "\x1b[1m+++ b/x\x1b[m", "\x1b[36m@@ -1 +1 @@\x1b[m"];
    const context = ["*** a/x", "--- b/x", "***************"];
    expect(marksOf(lines([...diff, ...coloured, ...context]))).toEqual([]);
    expect(marksOf(lines(["--- one", ...diff]))).toMatchObject([{ place: 1, name: "one" }]);
    expect(marksOf(lines(["--- one", "+++ two", "text", "@@ no"]))).toHaveLength(2);
  });

  it("have runs of the same line, from a number of lines on", () => {
    const same = (count: number, text: string) => Array<string>(count).fill(text);
    const texts = ["first", ...same(RUN_LINES_MIN, "wait"), ...same(RUN_LINES_MIN - 1, "no"), "last"];
    expect(marksOf(lines(texts))).toEqual([{ kind: "run", place: 2, count: RUN_LINES_MIN, text: "wait" }]);
  });

  it("have no runs of lines that draw over others", () => {
    expect(marksOf(lines(Array<string>(100).fill("\x1b[1A\x1b[2Kup")))).toEqual([]);
    expect(marksOf(lines(Array<string>(100).fill("\x1b[31mred\x1b[0m")))).toHaveLength(1);
  });

  it("have no runs over several hosts", () => {
    const read = Array.from({ length: 100 }, (_, at) => lineOf("same", at + 1, at % 2 === 0 ? "a" : "b"));
    expect(marksOf(read)).toEqual([]);
  });

  it("name the first line of another source between markers, and no more than two without one", () => {
    const scanner = new FoldScanner();
    for (let at = 1; at <= 100; at++) scanner.read(lineOf(`line ${at}`, at, at % 2 === 0 ? "a" : "b"));
    scanner.read(lineOf("::group::x", 101, "a"));
    scanner.read(lineOf("in b", 102, "b"));
    expect(scanner.marks.map(({ kind }) => kind)).toEqual(["source", "source", "start", "source"]);
  });

  it("are the same in parts, each of which begins where the one before is settled", () => {
    const text = fc.constantFrom("a", "b", "--- x", "+++ y", "@@ 1", "::group::g", "::endgroup::");
    const block = fc.tuple(text, fc.integer({ min: 1, max: RUN_LINES_MIN + 5 }));
    const log = fc
      .array(block, { maxLength: 12 })
      .map((blocks) => blocks.filter(([same], at) => same !== blocks[at - 1]?.[0]))
      .map((blocks) => blocks.flatMap(([same, count]) => Array<string>(count).fill(same)));
    fc.assert(
      fc.property(log, fc.integer({ min: 60, max: 90 }), (texts, part) => {
        const whole = lines(texts);
        const marks: FoldMark[] = [];
        for (let next = 1; next <= whole.length; ) {
          const scanner = new FoldScanner();
          const end = next - 1 + part;
          for (const line of whole.slice(next - 1, end)) scanner.read(line);
          const settled = end >= whole.length ? whole.length + 1 : scanner.settled;
          marks.push(...scanner.marks.filter(({ kind, place }) => kind !== "source" && place < settled));
          expect(settled).toBeGreaterThan(next);
          next = settled;
        }
        expect(marks).toEqual(marksOf(whole));
      }),
    );
  });
});
