import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { restyle } from "../../../protocol/screen/sgr.ts";
import { redrawn, shownLine } from "../../../protocol/screen/shown-line.ts";
import { ShownText, shownText } from "../../../protocol/screen/shown-text.ts";
import { PLAIN } from "../../../protocol/screen/style.ts";
import { PROGRAMS, piecesOf } from "./programs.ts";

const ESC = "\u001b";
const SPINNER = Array.from({ length: 900 }, (_, at) => `${ESC}[1G${ESC}[2Kstep ${at + 1} of 900`).join("");
/** Three layers, of which each is drawn again and again. */
const LAYERS = `a: 0 %\nb: 0 %\nc: 0 %\n${["a: 100 %\n", "b: 100 %\n", "c: 100 %\n"]
  .map((row, at) => `${ESC}[${3 - at}A\r${ESC}[K${row}${ESC}[${2 - at}B`.replace(`${ESC}[0B`, ""))
  .join("")}`;

describe("the text that a terminal shows", () => {
  it.each([
    ["text", "one\ntwo", "one\ntwo"],
    ["spaces and empty lines", "  a  \n\n\n b\n", "  a  \n\n\n b\n"],
    ["tabs", "a\tb\n\tc\t\n", "a\tb\n\tc\t\n"],
    ["a tab into which something was drawn", "a\tb\r123\n", "123     b\n"],
    ["colours", `${ESC}[31mred${ESC}[0m\n`, "red\n"],
    ["a link", `${ESC}]8;;https://example.com/${ESC}\\here${ESC}]8;;${ESC}\\\n`, "here\n"],
    ["carriage returns", "10 %\r100 %\r\nnext\r\n", "100 %\nnext\n"],
    ["a spinner that goes to its column and erases", `${SPINNER}\ndone\n`, "step 900 of 900\ndone\n"],
    ["rows that are drawn again", LAYERS, "a: 100 %\nb: 100 %\nc: 100 %\n"],
    ["rows that are erased", `1\n2\n3\n${ESC}[3A${ESC}[Jall done\nnext\n`, "all done\nnext\n"],
    ["what was there before the screen was cleared", `kept\n${ESC}[H${ESC}[2J${ESC}[3Jnew\n`, "kept\nnew\n"],
    ["no menu of a program that has left it", `a\n${ESC}[?1049hmenu${ESC}[?1049lb\n`, "a\nb\n"],
    ["the menu of a program that ended in it", `a\n${ESC}[?1049h${ESC}[Hmenu`, "a\nmenu"],
    ["frames that letters draw", `${ESC}(0lqk${ESC}(B\n`, "┌─┐\n"],
    ["line feeds that return, also where a program resets the mode", `${ESC}[20lone\ntwo\n`, "one\ntwo\n"],
    ["combining characters", "e\u0301 \u200b\n", "e\u0301 \u200b\n"],
  ])("has %s", (_, output, text) => {
    expect(shownText(output)).toBe(text);
  });

  it("is the output itself, if it has no control characters", () => {
    const line = fc
      .string({ unit: "grapheme", maxLength: 200 })
      .map((text) => text.replace(/\p{Cc}/gu, "\t"));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 500 }), fc.boolean(), (lines, at_once) => {
        const text = new ShownText({ at_once });
        const output = lines.join("\n");
        expect(text.write("", output) + text.end()).toBe(output);
      }),
      { numRuns: 50 },
    );
  });

  it("has a line of any length", () => {
    const output = `${"x".repeat(1_000_000)}end\nnext\n`;
    expect(shownText(output)).toBe(output);
  });

  it("is the same for any cut of the output", () => {
    fc.assert(
      fc.property(PROGRAMS, fc.boolean(), ({ output, cuts }, at_once) => {
        const text = new ShownText({ at_once });
        const pieces = piecesOf(output, cuts).map((piece) => text.write("", piece));
        const whole = new ShownText({ at_once });
        expect(pieces.join("") + text.end()).toBe(whole.write("", output) + whole.end());
      }),
    );
  });

  it("has a row at its line feed for a reader that is told at once, each time that it is drawn", () => {
    const text = new ShownText({ at_once: true });
    const told = ["10 %\r", "100 %", "\n", "a\nb\n", `${ESC}[2A\rc\n`, "rest"].map((piece) =>
      text.write("", piece),
    );
    expect(told).toEqual(["", "", "100 %\n", "a\nb\n", "c\n", ""]);
    expect(text.end()).toBe("rest");
  });

  it("has the lines of several sources in the order of their line feeds", () => {
    for (const at_once of [true, false]) {
      const text = new ShownText({ at_once });
      const told = [
        text.write("out", `${ESC}[3`),
        text.write("err", "warn"),
        text.write("out", "1mone\ntw"),
        text.write("err", "ing\nlast"),
        text.write("out", "o\nopen"),
        text.end(),
      ];
      expect(told.join("")).toBe("one\nwarning\ntwo\nlast\nopen");
    }
  });

  it("stays small for sequences that draw far away", () => {
    const pieces = [
      "\u001b[9999Cx\n",
      "x\r\u001b[4096@\n",
      "x\u001b[4096b\n",
      "\u001b[99;99Hx\u001b[2J",
      "\u001b[999Ix\n",
      // The cursor stays in its column when what is there leaves.
      "\u001b[2J\u001b[mx",
      "\u001b[3g\u001b[999Ix\n",
      "\u001b[4095X\u001b[4096Gx\n",
    ];
    for (const piece of pieces) {
      const output = piece.repeat(1_000);
      expect(shownText(output).length, JSON.stringify(piece)).toBeLessThan(40 * output.length);
    }
  });
});

describe("memory and time", () => {
  it("ends the screens that were silent for longest, if very many sources write", () => {
    const text = new ShownText({ at_once: true });
    const told = Array.from({ length: 4_000 }, (_, at) => text.write(`${at}`, `${at}`)).join("");
    expect(told).toMatch(/^0\n1\n2\n/);
    expect(told.split("\n").length).toBeGreaterThan(1_000);
  });

  it("keeps one style for equal ones, so that colours which end one by one leave no styles behind", () => {
    const red = restyle(PLAIN, "31");
    expect(restyle(red, "39")).toBe(PLAIN);
    expect(restyle(restyle(red, "1"), "22")).toBe(red);
  });

  it("looks at rows of tabs once, however often the screen is cleared", () => {
    const tabs = `${"\t".repeat(500)}\n`.repeat(100);
    expect(shownText(`${tabs}${`${ESC}[2J`.repeat(5_000)}`)).toBe(tabs);
  });
});

describe("a line in fewer characters", () => {
  it.each(["\u001b", "\u001b]", "\u001b["])("may end in many beginnings of sequences: %j", (beginning) => {
    const line = `x\r${beginning.repeat(20_000)}`;
    expect(redrawn(line)).toBe(`${ESC}[0mx${ESC}[0m${ESC}[1G${beginning}`);
  });

  it("is continued as the whole one", () => {
    const parts = [
      "text",
      " ",
      "漢",
      "\r",
      "\b\b",
      `${ESC}[4G`,
      `${ESC}[K`,
      `${ESC}[1;31m`,
      `${ESC}[2P`,
      `${ESC}[3@`,
    ];
    const line = fc.array(fc.constantFrom(...parts)).map((some) => some.join(""));
    fc.assert(
      fc.property(line, line, (first, second) => {
        expect(shownLine(redrawn(first) + second).trimEnd()).toBe(shownLine(first + second).trimEnd());
      }),
      { numRuns: 500 },
    );
  });

  it("has the rows that a program has scrolled away within the line", () => {
    for (const away of ["\v", `${ESC}D${ESC}[G`, `${ESC}[2J\r`])
      for (const more of ["", `\r${ESC}[Kfour`])
        expect(shownLine(redrawn(`one${away}two${away}${ESC}[31mthree`) + more), JSON.stringify(away)).toBe(
          `one two ${more === "" ? "three" : "four"}`,
        );
  });

  it("has rows that continue, as the screen has", () => {
    const line = `${"x".repeat(10_000)}\r${ESC}[32mstart${ESC}[m`;
    expect(shownLine(redrawn(line))).toBe(shownLine(line));
    expect(shownText(line)).toBe(shownLine(line));
  });

  it("takes little memory, however many rows are scrolled away within the line", async () => {
    const code = `import { redrawn } from "./protocol/screen/shown-line.ts";
      const line = "\\v".repeat(1_000_000);
      console.log(redrawn(line) === line);`;
    const options = ["--max-old-space-size=96", "--input-type=module", "-e", code];
    expect((await promisify(execFile)(process.execPath, options)).stdout).toBe("true\n");
  });

  it("has its colours", () => {
    const colours = `x\r${ESC}[1;31mred${ESC}[0;48;2;1;2;3mblue${ESC}[4:3;58;5;9m`;
    expect(redrawn(`${colours}${ESC}[3`)).toBe(
      `${ESC}[0;1;38;5;1mred${ESC}[0;48;2;1;2;3mblue${ESC}[0;4:3;48;2;1;2;3;58;5;9m${ESC}[8G${ESC}[3`,
    );
  });
});

describe("a line as a terminal shows it", () => {
  it.each([
    ["10 %\r20", "20 %"],
    [`${ESC}[32mgreen${ESC}[0m\t.`, "green\t."],
    [SPINNER, "step 900 of 900"],
    [`${ESC}[1A${ESC}[2K100 %`, "100 %"],
    ["a\u000bb", "a b"],
    ["x".repeat(16_384), "x".repeat(16_384)],
  ])("%j is %j", (line, shown) => {
    expect(shownLine(line)).toBe(shown);
  });
});
