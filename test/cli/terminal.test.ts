import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { colourSequence } from "../../cli/terminal/colours.ts";
import { TerminalFilter, type View } from "../../cli/terminal/filter.ts";
import { jsonText, nameText } from "../../cli/terminal/words.ts";
import { Grid, SHOWN } from "./support/grid.ts";

const SIZE = { columns: 20, rows: 10 };

const ESC = "\u001b";

/** The filtered text of the pieces of one stream. */
function shown(pieces: (string | Uint8Array)[], view: View = "screen"): string {
  const filter = new TerminalFilter(() => SIZE);
  return pieces.map((piece) => filter.write("stdout", bytesOf(piece), view)).join("");
}

function bytesOf(piece: string | Uint8Array): Uint8Array {
  return typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
}

/** Text that a program may write. Hostile sequences are frequent. */
const sequences = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom(
    "\n",
    "\r",
    "\b",
    "\t",
    "\r\n",
    "abc",
    "a line that is longer than the terminal is wide",
    "漢字",
  ),
  fc
    .tuple(
      fc.constantFrom(`${ESC}[`, "\u009b", `${ESC}`, `${ESC}]`, `${ESC}P`, "\u009d", `${ESC}_`),
      fc.constantFrom("", "?", ">", "!", "0;", "52;c;", "38;5;", "999"),
      fc.constantFrom("", "0", "1", "2", "3", "5", "25", "1049", "2;5", "31", "4:3"),
      fc.constantFrom("", " ", "$", "?"),
      fc.constantFrom(..."ABCDEFGHJKLMPSTX@`abcdefghlmnpqrstuxy78=>\\\u0007\u009c\u0018"),
    )
    .map((parts) => parts.join("")),
);

const outputs = fc.array(sequences, { maxLength: 40 }).map((parts) => parts.join(""));

/** Output that moves the cursor and overwrites itself. */
const drawings = fc
  .array(
    fc.oneof(
      fc.constantFrom("\n", "\n", "\r", "\t", "\b"),
      fc.nat(3 * SIZE.columns).map((length) => "x".repeat(length)),
      fc
        .tuple(fc.nat(12), fc.constantFrom(..."AABBCDEFGHJKX"))
        .map(([count, final]) => `${ESC}[${count}${final}`),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

const bytes = fc.oneof(outputs.map(bytesOf), fc.uint8Array({ maxLength: 300 }));

/** The offsets of the cuts. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

function cut(whole: Uint8Array, at: number[]): Uint8Array[] {
  const places = [
    0,
    ...at.map((part) => Math.floor(part * whole.length)).sort((a, b) => a - b),
    whole.length,
  ];
  return places.slice(1).map((place, index) => whole.subarray(places[index], place));
}

const views = fc.constantFrom<View>("screen", "lines");

describe("a terminal's filter", () => {
  it("shows the same for any cut of the bytes", () => {
    fc.assert(
      fc.property(bytes, cuts, views, (whole, at, view) => {
        expect(shown(cut(whole, at), view)).toBe(shown([whole], view));
      }),
      { numRuns: 2_000 },
    );
  });

  it("passes only text, colours, clearing and moves", () => {
    fc.assert(
      fc.property(bytes, cuts, (whole, at) => {
        let rest = shown(cut(whole, at));
        while (rest !== "") {
          const [part] =
            SHOWN.exec(rest) ?? expect.fail(`not to be shown: ${JSON.stringify(rest.slice(0, 20))}`);
          rest = rest.slice(part.length);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("passes only text and colours in the view of lines", () => {
    fc.assert(
      fc.property(bytes, (whole) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
        expect(shown([whole], "lines")).toMatch(/^(?:[^\p{Cc}]|[\n\t\r]|\x1b\[K|\x1b\[[\d:;]*m)*$/u);
      }),
      { numRuns: 1_000 },
    );
  });

  it("stays in the rows that the command has printed", () => {
    // A wide character takes one cell here, less than the filter counts.
    fc.assert(
      fc.property(
        fc.array(fc.oneof(outputs, drawings), { maxLength: 4 }),
        fc.nat(SIZE.rows - 1),
        (several, first) => {
          const grid = new Grid(SIZE.columns, SIZE.rows, first);
          const filter = new TerminalFilter(() => SIZE);
          for (const output of several) {
            grid.write(filter.write("stdout", bytesOf(output), "screen"));
            expect(grid.isUnharmed).toBe(true);
            grid.write(filter.end());
            expect(grid.isUnharmed).toBe(true);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("ends colours and moves below the output before other text, and writes nothing where neither is needed", () => {
    const filter = new TerminalFilter(() => SIZE);
    const write = (text: string) => filter.write("stdout", bytesOf(text), "screen");
    write(`one\ntwo\n${ESC}[2A${ESC}[31m`);
    expect(filter.end()).toBe(`${ESC}[2B${ESC}[0m`);
    expect(filter.end()).toBe("");
    write(`${ESC}[31mred${ESC}[0m`);
    expect(filter.end()).toBe("");
    // Later rows of other programs are out of reach.
    expect(write(`${ESC}[9A`)).toBe("");
  });

  it.each([
    ["a title", `${ESC}]0;title\u0007x`],
    ["a title with screen's ending", `${ESC}]2;title${ESC}\\x`],
    ["the clipboard", `${ESC}]52;c;aGk=\u0007x`],
    ["a link", `${ESC}]8;;http://example.com${ESC}\\x`],
    ["a title in 8 bits", "\u009d0;title\u009cx"],
    ["a query of the cursor", `${ESC}[6nx`],
    ["a query of the terminal", `${ESC}[cx${ESC}[>c${ESC}Z\u0005`],
    ["a query of a mode", `${ESC}[?2026$px`],
    ["another screen", `${ESC}[?1049hx${ESC}[?47h`],
    ["a hidden cursor", `${ESC}[?25lx`],
    ["mouse reports", `${ESC}[?1003hx`],
    ["an image", `${ESC}Pq#0;2;0;0;0~-${ESC}\\x${ESC}_Ga=T;AAAA${ESC}\\`],
    ["private strings", `${ESC}^private${ESC}\\x${ESC}Xstring${ESC}\\`],
    ["a window's size", `${ESC}[8;1;1tx`],
    ["a scroll region", `${ESC}[1;2rx${ESC}[5S${ESC}[5T`],
    ["another alphabet", `${ESC}(0x\u000e\u000f${ESC}n`],
    ["a reset", `${ESC}cx${ESC}[!p`],
    ["a saved place", `${ESC}7x${ESC}8${ESC}[s${ESC}[u`],
    ["a bell", "\u0007x\u0000\u000b\u000c"],
    ["key reports", `${ESC}[>4;2mx${ESC}[>1u${ESC}=`],
  ])("shows nothing of %s", (_, written) => {
    expect(shown([written])).toBe("x");
  });

  it.each([
    [
      "colours",
      `${ESC}[31mred${ESC}[0m ${ESC}[38;5;208morange${ESC}[48;2;1;2;3m${ESC}[4:3mx${ESC}[m`,
      undefined,
    ],
    ["a progress bar", `10%\r${ESC}[K20%\b\b`, `10%\r${ESC}[0K20%\b\b`],
    ["bars of several rows", `a\nb\n${ESC}[2A${ESC}[2Kc\n${ESC}[1B`, `a\nb\n${ESC}[2A${ESC}[2Kc\n${ESC}[1B`],
    ["colours in 8 bits", "\u009b31mred", `${ESC}[31mred`],
    ["a control within a sequence", `${ESC}[3\n1mred`, `\n${ESC}[31mred`],
    ["the text after an incomplete sequence", `${ESC}[31${ESC}[32mgreen`, `${ESC}[32mgreen`],
    ["the text after a canceled string", `${ESC}]0;ti\u0018tle`, "tle"],
  ])("shows %s", (_, written, expected = written) => {
    expect(shown([written])).toBe(expected.replace(`${ESC}[m`, `${ESC}[0m`));
  });

  it.each([
    [
      "the top of the screen is the first row of the output",
      `1\n2\n3${ESC}[Hx`,
      `1\n2\n3${ESC}[2A${ESC}[1Gx`,
    ],
    ["a place", `1\n2\n3${ESC}[2;9Hx`, `1\n2\n3${ESC}[1A${ESC}[9Gx`],
    ["clearing the screen clears the output", `1\n2${ESC}[2J`, `1\n2${ESC}[1A${ESC}[2K${ESC}[1B${ESC}[2K`],
    ["clearing the scrolled lines does nothing", `1\n2${ESC}[3J`, "1\n2"],
    ["up goes no further than the output", `1\n2${ESC}[99A`, `1\n2${ESC}[1A`],
    ["down goes no further than the output", `1\n2${ESC}[1A${ESC}[99B`, `1\n2${ESC}[1A${ESC}[1B`],
    [
      "up goes no further than the screen",
      `${"x\n".repeat(30)}${ESC}[99A`,
      `${"x\n".repeat(30)}${ESC}[${SIZE.rows - 1}A`,
    ],
    [
      "down goes no further than is known, where a line may have wrapped",
      `1\n2\n${ESC}[2A${"x".repeat(SIZE.columns)}${ESC}[2B`,
      `1\n2\n${ESC}[2A${"x".repeat(SIZE.columns)}`,
    ],
  ])("moves: %s", (_, written, expected) => {
    expect(shown([written])).toBe(expected);
  });

  it("shows text after a string without an end", () => {
    const hidden = shown([`${ESC}]0;${"x".repeat(100_000)}`, "seen"]);
    expect(hidden).toMatch(/^x{1,50000}seen$/);
  });

  it("drops a sequence without an end", () => {
    expect(shown([`${ESC}[${"1;".repeat(100_000)}`, "mseen"])).toBe("seen");
  });

  it("keeps streams apart: an incomplete sequence of one takes nothing of another", () => {
    const filter = new TerminalFilter(() => SIZE);
    const parts = [
      ["stdout", `a${ESC}]0;ti`],
      ["stderr", "err"],
      ["stdout", "tle\u0007b"],
    ];
    expect(parts.map(([name = "", text = ""]) => filter.write(name, bytesOf(text), "screen"))).toEqual([
      "a",
      "err",
      "b",
    ]);
  });
});

describe("a sequence of colours", () => {
  it.each([
    ["", `${ESC}[0m`],
    ["1;31", `${ESC}[1;31m`],
    ["38;5;11", `${ESC}[38;5;11m`],
    ["38;2;10;11;12;10", `${ESC}[38;2;10;11;12m`],
    ["38:2::1:2:3", `${ESC}[38:2::1:2:3m`],
    // Fonts and alphabets, which a reset would keep; hidden text; incomplete parameters.
    ["10;11;12;26", ""],
    ["8", ""],
    ["38;5", ""],
    ["1;38;9;31", `${ESC}[1m`],
  ])("%j becomes %j", (parameters, expected) => {
    expect(colourSequence(parameters)).toBe(expected);
  });
});

describe("a name that comes from outside", () => {
  it("has no control characters, line ends or marks that change the text's direction", () => {
    expect(nameText(`a${ESC}[2Jb\nc\u009b\u202e\u2028é漢`)).toBe("a�[2Jb�c���é漢");
  });

  it("has no control characters in JSON, which keeps its value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(jsonText({ text })).not.toMatch(/\p{Cc}/u);
        expect(JSON.parse(jsonText({ text }))).toEqual({ text });
      }),
    );
  });
});
