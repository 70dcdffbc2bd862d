import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shownLine } from "../../../protocol/screen/shown-line.ts";
import { shownText } from "../../../protocol/screen/shown-text.ts";
import { screenWork } from "./counted-work.ts";
import { PROGRAMS } from "./programs.ts";

const ESC = "\u001b";

/** Steps of the screen's code and moved cells: for each character of an output, and once. */
const WORK_PER_CHARACTER_MAX = 1_500;
const WORK_ONCE_MAX = 600_000;

/** Sequences that do much, or that could. */
const COSTLY = [
  ...["x", "漢", "\u0301", "\b", "\t", "\r", "\n", "\v"],
  ...["b", "999b", "@", "999@", "P", "9999P", "9999X", "1K", "K", "2K", "1J", "J", "2J"].map(
    (it) => `${ESC}[${it}`,
  ),
  ...["L", "99L", "M", "99M", "S", "99S", "T", "99T", "9999I", "9999Z", "Z", "9999G", "G"].map(
    (it) => `${ESC}[${it}`,
  ),
  ...["9999C", "H", "99B", "99A", "?47h", "?47l", "?1049h", "3g", "4h", "4l", "7m", "m", "41m"].map(
    (it) => `${ESC}[${it}`,
  ),
  ...["2;9r", "r", "!p"].map((it) => `${ESC}[${it}`),
  ...["c", "M", "D", "E", "H", "7", "8"].map((it) => ESC + it),
];

/** What is on the screen before: a long row of text, of cells, in insert mode, without tabs, full rows, tabs, and many styles. */
const LONG = `x${`${ESC}[256b`.repeat(60)}`;
const BEFORE = [
  "",
  LONG,
  `${LONG}\r漢${ESC}[9999G`,
  `${LONG}\r漢${ESC}[9G${ESC}[4h`,
  `${LONG}\r漢${ESC}[9999G${ESC}[3g`,
  `${LONG}\n`.repeat(100),
  `${"\t".repeat(500)}\n`.repeat(100),
  Array.from({ length: 800 }, (_, at) => `${ESC}[${at % 2 === 0 ? 1 : 22}mx`).join(""),
];

/** The screen before, and steps that are repeated. */
function hostile(before: string, steps: string): string {
  return before + steps.repeat(2_000 / steps.length);
}

const HOSTILE = fc
  .tuple(fc.constantFrom(...BEFORE), fc.array(fc.constantFrom(...COSTLY), { minLength: 1, maxLength: 3 }))
  .map(([before, steps]) => hostile(before, steps.join("")));

const [, , CELLS = "", INSERTING = "", TABLESS = "", , TABS = ""] = BEFORE;
const WORST: [name: string, before: string, steps: string][] = [
  ["ICH", CELLS, `\r${ESC}[@`],
  ["DCH", CELLS, `\r${ESC}[P`],
  ["ICH of many", "", `${ESC}c${ESC}[999@`],
  ["EL 1", CELLS, `${ESC}[1K`],
  ["ECH", CELLS, `\r${ESC}[9999X`],
  ["ED 2 over tabs", TABS, `${ESC}[2J`],
  ["SU", "", `${ESC}[99B${ESC}[99S`],
  ["CBT without tab stops", TABLESS, `${ESC}[9999Z${ESC}[9999G`],
  ["HT without tab stops", TABLESS, "\t\n"],
  ["REP of a wide character", "", `漢${ESC}[999b`],
  ["insert mode", INSERTING, "x"],
  ["REP in insert mode", INSERTING, `漢${ESC}[999b`],
];

function checkWork(output: string): void {
  for (const show of [shownLine, shownText])
    expect(screenWork(() => show(output))).toBeLessThan(
      WORK_PER_CHARACTER_MAX * output.length + WORK_ONCE_MAX,
    );
}

describe("a screen's work is bounded by the characters of its output", () => {
  it("for random programs", () => {
    fc.assert(
      fc.property(PROGRAMS, ({ output }) => checkWork(output)),
      { numRuns: 200 },
    );
  });

  it.each(WORST)("for %s, again and again", (_, before, steps) => {
    checkWork(hostile(before, steps));
  });

  it("for programs that are made to be slow", () => {
    fc.assert(fc.property(HOSTILE, checkWork), { numRuns: 100 });
  });
});
