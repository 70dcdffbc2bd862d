import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LINE_CHARS_MAX } from "../../protocol/base/reader-limits.ts";
import { NO_TERMINAL } from "../../protocol/screen/no-terminal.ts";
import type { Run } from "../../protocol/screen/runs.ts";
import { Screen } from "../../protocol/screen/screen.ts";
import { shownText as textOnScreen } from "../../protocol/screen/shown-text.ts";
import { TRUE_COLOUR } from "../../protocol/screen/style.ts";
import type { OutputType } from "../../protocol/wire/chunk.ts";
import { noLines } from "../../protocol/wire/counts.ts";
import { isFolded, type ShownLine, shownRuns, shownText } from "../../protocol/wire/shown-line.ts";
import { PageReader } from "../../web/log/page-reader.ts";
import { cssColour } from "../../web/log/style.ts";
import { ROOT } from "../support/world.ts";

const ESC = "\u001b";

const TYPES: readonly OutputType[] = ["stdout", "stderr", "other"];

/** The lines of an output that came in pieces, the unfinished ones behind the others, without those that have no row. */
function linesOf(...pieces: (string | [OutputType, string])[]): ShownLine[] {
  const reader = new PageReader(noLines(), TYPES);
  const lines = pieces.flatMap((piece, at) => {
    const [output_type, data] = typeof piece === "string" ? (["stdout", piece] as const) : piece;
    return reader.read({ seq: at + 1, timestamp: "", output_type, data });
  });
  return [...lines, ...reader.open()].filter((line) => !isFolded(line));
}

function shown(...pieces: Parameters<typeof linesOf>): string[] {
  return linesOf(...pieces).map(shownText);
}

function runsOf(output: string): (readonly Run[])[] {
  return linesOf(output).map(shownRuns);
}

describe("a line with escape sequences", () => {
  it.each([
    ["plain", "plain"],
    ["10%\r50%\r100%", "100%"],
    ["a long one\rshort", "shortg one"],
    ["a long one\r\x1b[Kshort", "short"],
    ["abc\b\bX", "aXc"],
    ["abc\x1b[2DX", "aXc"],
    ["ab\x1b[3CX", "ab   X"],
    ["abc\x1b[1GX", "Xbc"],
    ["abc\x1b[1K\x1b[1Gd", "d"],
    ["a\tb", "a\tb"],
    ["a\tb\r\x1b[2C|", "a |     b"],
    ["e\u0301te", "e\u0301te"],
    ["漢字\r\x1b[2Cx", "漢x"],
    ["\x1b]0;a title\x07text", "text"],
    ["\x1b(B\x1b7text\x1b8", "text"],
    ["bell\x07 and \x00nothing", "bell and nothing"],
    ["step 1 of 900\x1b[1G\x1b[Kstep 2 of 900\x1b[1G\x1b[Kdone", "done"],
    ["hidden\x1b]0;a\nb\x07 shown", "hidden shown"],
    ["before\x1b[?1049h\x1b[Hfull\x1b[?1049l after", "before after"],
  ])("%j shows %j", (line, text) => {
    expect(shown(line)).toEqual([text]);
    expect(shown(`${line}\n`)).toEqual([text]);
  });

  it.each([
    ["\x1b[31mred", { fg: 1 }],
    ["\x1b[97;44mwhite on blue", { fg: 15, bg: 4 }],
    ["\x1b[38;5;9mnine", { fg: 9 }],
    ["\x1b[38;5;196mcube", { fg: 196 }],
    ["\x1b[48;5;244mgrey", { bg: 244 }],
    ["\x1b[38;2;1;2;3mtrue", { fg: TRUE_COLOUR + 0x010203 }],
    ["\x1b[38:2::1:2:3mcolons", { fg: TRUE_COLOUR + 0x010203 }],
    ["\x1b[1;3;4mthree", { bold: true, italic: true, underline: 1 }],
    ["\x1b[7minverse", { inverse: true }],
    ["\x1b[31m\x1b[0mreset", {}],
    ["\x1b]8;;https://example.com/a;b\x1b\\link", { href: "https://example.com/a;b" }],
    ["\x1b]8;;javascript:alert(1)\x07no link", {}],
    ["\x1b[38;2;999;;0modd", { fg: TRUE_COLOUR + 0xe70000 }],
  ])("%j is styled", (line, style) => {
    expect(runsOf(line)[0]?.[0]?.style).toEqual(style);
  });

  it("has the styles of its parts", () => {
    const dots = `${ESC}[32m${".".repeat(40)}${ESC}[31mF${ESC}[0m\tend\n`;
    expect(runsOf(dots)[0]).toEqual([
      { text: ".".repeat(40), style: { fg: 2 } },
      { text: "F", style: { fg: 1 } },
      { text: "\tend", style: {} },
    ]);
  });

  it("passes its style on to the next line of its source", () => {
    const lines = linesOf(`${ESC}[31ma\n`, ["stderr", "plain\n"], `b${ESC}[0m\nc\n`);
    expect(lines.map((line) => shownRuns(line)[0])).toEqual([
      { text: "a", style: { fg: 1 } },
      { text: "plain", style: {} },
      { text: "b", style: { fg: 1 } },
      { text: "c", style: {} },
    ]);
  });

  it("keeps the text and the styles of a line that output cannot reach any more", () => {
    const lines = linesOf(`${ESC}[31mred${ESC}[0m 漢\n\nplain\n${"more\n".repeat(300)}`);
    expect(lines).toHaveLength(303);
    expect(lines[0]?.rows).toBeUndefined();
    expect(lines.slice(0, 3).map(shownRuns)).toEqual([
      [
        { text: "red", style: { fg: 1 } },
        { text: " 漢", style: {} },
      ],
      [{ text: "", style: {} }],
      [{ text: "plain", style: {} }],
    ]);
  });

  it("of which the screen has a part shows its beginning", () => {
    const [line] = linesOf("x".repeat(2_000_000), "\n");
    expect(line && shownText(line)).toBe("x".repeat(16_384));
  });

  it.each([
    [16, "#000000"],
    [196, "#ff0000"],
    [244, "#808080"],
    [TRUE_COLOUR + 0x010203, "#010203"],
  ])("has the colour %j as %s", (colour, css) => {
    expect(cssColour(colour)).toBe(css);
  });
});

describe("lines that move the cursor up", () => {
  it("overwrite earlier lines", () => {
    expect(
      shown(
        "one  0%\ntwo  0%\n",
        `${ESC}[2Aone 50%\ntwo 10%\n`,
        `${ESC}[2A${ESC}[Kone done\n${ESC}[Ktwo done\n`,
        "bye\n",
      ),
    ).toEqual(["one done", "two done", "bye"]);
  });

  it("overwrite one of several rows, as the progress of layers does", () => {
    const pull = ["a", "b", "c", "d"].map((layer) => `${layer}: waiting\n`).join("");
    const updates = [3, 1, 4, 2].map(
      (up) => `${ESC}[${up}A${ESC}[2K\r${"dcba"[up - 1]}: done\r${ESC}[${up}B`,
    );
    expect(shown(pull, ...updates)).toEqual(["a: done", "b: done", "c: done", "d: done"]);
  });

  it("leave nothing of what they erase", () => {
    expect(shown("one\ntwo\nthree\n", `${ESC}[3A${ESC}[J`, "all done\nnext\n")).toEqual(["all done", "next"]);
  });

  it("leave a row that is below them, as nested bars do", () => {
    expect(shown("outer 10%\n", `inner 10%${ESC}[A\router 99%`, "\n")).toEqual(["outer 99%", "inner 10%"]);
  });

  it("stop at the first line", () => {
    expect(shown(`first\n${ESC}[99AFIRST\nnext\n`)).toEqual(["FIRST", "next"]);
  });

  it("show the row that is being written", () => {
    expect(shown("a\nb\n", `${ESC}[2A${ESC}[Know`)).toEqual(["now", "b"]);
    expect(shown("a\n", "10%", "\r20%")).toEqual(["a", "20%"]);
  });
});

describe("a long row that is drawn again and again", () => {
  it("shows its last state, in bounded memory", () => {
    const reader = new PageReader(noLines(), TYPES);
    for (let at = 1; at <= 900; at++) {
      const data = `${ESC}[1G${ESC}[2Kstep ${at} of 900 ${"#".repeat(3_000)}`;
      reader.read({ seq: at, timestamp: "", output_type: "stdout", data });
    }
    const [row, ...others] = reader.open();
    expect(others).toEqual([]);
    expect(row && shownText(row)).toBe(`step 900 of 900 ${"#".repeat(3_000)}`);
    expect(row?.text.length).toBeLessThanOrEqual(LINE_CHARS_MAX);
    expect(row?.rows?.reduce((cells, { length }) => cells + length, 0)).toBeLessThan(2 * 3_016);
  });
});

describe("what the page shows of a real program, and what is copied from it", () => {
  it.each(["rich", "tqdm", "pip", "git-clone", "curl-bar"])("is what a screen shows: %s", (name) => {
    const output = readFileSync(join(ROOT, `test/fixtures/terminal/${name}.out`), "utf8");
    expect(
      shown(...(output.match(/.{1,50}/gsu) ?? []))
        .join("\n")
        .trimEnd(),
    ).toBe(textOnScreen(output).trimEnd());
  });
});

describe("an output on the page", () => {
  const piece = fc.constantFrom(
    "text",
    "long words",
    "漢",
    "e\u0301",
    "\n",
    "\n",
    "\r",
    "\b",
    "\t",
    `${ESC}[A`,
    `${ESC}[2A`,
    `${ESC}[B`,
    `${ESC}[3C`,
    `${ESC}[5G`,
    `${ESC}[K`,
    `${ESC}[2K`,
    `${ESC}[J`,
    `${ESC}[1;31m`,
    `${ESC}[2P`,
    `${ESC}[3@`,
    `${ESC}[2X`,
    `${ESC}]8;;https://example.com/\u0007`,
  );

  function screenText(output: string): string {
    const screen = new Screen({ size: NO_TERMINAL, returns: true });
    screen.write(output);
    return screen.shown.rows.map(({ text }) => text).join("\n");
  }

  it("has the screen's text in its order, wherever it was cut", () => {
    const text = (one: string) =>
      one
        .replace(/[ \t]+$/gm, "")
        .replace(/\n+/g, "\n")
        .trim();
    fc.assert(
      fc.property(fc.array(fc.array(piece, { maxLength: 12 }), { maxLength: 12 }), (pieces) => {
        const chunks = pieces.map((some) => some.join(""));
        expect(text(shown(...chunks).join("\n"))).toBe(text(screenText(chunks.join(""))));
      }),
      { numRuns: 2_000 },
    );
  });
});
