import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TRUE_COLOUR } from "../../protocol/screen/style.ts";
import type { Line } from "../../protocol/wire/lines.ts";
import { Screen, type ShownLine } from "../../web/log/screen.ts";
import { cssColour } from "../../web/log/style.ts";
import { drawLine, runsOf } from "../../web/log/terminal.ts";

function text(line: string): string {
  return drawLine(line)
    .map((run) => run.text)
    .join("");
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
    ["abc\x1b[1K\x1b[1Gd", "d  "],
    ["a\tb", "a\tb"],
    ["a\tb\r\x1b[2C|", "a |     b"],
    ["e\u0301te", "e\u0301te"],
    ["\x1b]0;a title\x07text", "text"],
    ["\x1b(B\x1b7text\x1b8", "text"],
    ["bell\x07 and \x00nothing", "bell and nothing"],
  ])("%j shows %j", (line, shown) => {
    expect(text(line)).toBe(shown);
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
    expect(drawLine(line)[0]?.style).toEqual(style);
  });

  it.each([
    [16, "#000000"],
    [196, "#ff0000"],
    [244, "#808080"],
    [TRUE_COLOUR + 0x010203, "#010203"],
  ])("has the colour %j as %s", (colour, css) => {
    expect(cssColour(colour)).toBe(css);
  });

  it("accepts any input, and is never longer than a row may be", () => {
    const piece = fc.constantFrom(
      "\x1b[",
      "\x1b]8;;",
      "\x1b",
      "999999999",
      ";",
      "m",
      "C",
      "G",
      "\r",
      "\b",
      "\t",
      "x",
      "\x9b",
      "\u200d",
      "P",
      "K",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        expect(text(pieces.join("")).length).toBeLessThan(200 * 1024);
      }),
    );
  });
});

describe("lines that move the cursor up", () => {
  function shown(...lines: string[]): string[] {
    const screen = new Screen();
    const taken = lines.map((line, at): ShownLine => lineOf(at + 1, line));
    for (const line of taken) screen.take(line);
    return taken
      .filter(({ folded }) => !folded)
      .map((line) =>
        (line.drawn ? runsOf(line.drawn) : drawLine(line.text))
          .map((run) => run.text)
          .join("")
          .trimEnd(),
      );
  }

  it("overwrite earlier lines", () => {
    expect(
      shown(
        "one  0%",
        "two  0%",
        "\x1b[2Aone 50%",
        "two 10%",
        "\x1b[2A\x1b[Kone done",
        "\x1b[Ktwo done",
        "bye",
      ),
    ).toEqual(["one done", "two done", "bye"]);
  });

  it("overwrite one of several rows, as the progress of layers does", () => {
    expect(
      shown("a: waiting", "b: waiting", "\x1b[2A\x1b[2K\ra: done\r\x1b[1B", "\x1b[1A\x1b[2K\rb: done\r"),
    ).toEqual(["a: done", "b: done"]);
  });

  it("stop at the first line", () => {
    expect(shown("first", "\x1b[99AFIRST", "next")).toEqual(["FIRST", "next"]);
  });
});

function lineOf(number: number, line: string): Line {
  const where = { number, place: number, seq: number, timestamp: "", output_type: "stdout" as const };
  return { ...where, text: line, omitted: 0, headless: false };
}
