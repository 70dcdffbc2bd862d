import { LINE_CHARS_MAX } from "../../../protocol/base/reader-limits.ts";
import { Screen, type ShownLine, shownRuns } from "../../../web/log/screen.ts";
import { cssColour, THEME_COLOURS } from "../../../web/log/style.ts";
import { drawLine, type Run } from "../../../web/log/terminal.ts";
import { must, type Target } from "../target.ts";

/** The characters of a row: each column holds a few at most. */
const ROW_CHARS_MAX = 16 * 1024 * 8;

/** The page's drawing of a line, and of lines that overwrite each other. */
export const target: Target = {
  covers: ["log/terminal.ts", "log/screen.ts"],
  chars_max: LINE_CHARS_MAX,
  words: [
    "\u001b[",
    "\u001b[1A",
    "\u001b[9F",
    "\u001b[2K",
    "\u001b[1K",
    "\u001b[P",
    "\u001b[99999G",
    "\u001b[99999C",
    "\t",
    "\r",
    "\b",
    "\u001b]8;;https://a.b/\u0007",
    "\u001b]8;;javascript:alert(1)\u0007",
    "\u001b[38;5;300m",
    "\u001b[38;2;1;2;3m",
    "\u001b[38:2::1:2:3m",
    "e\u0301",
    "\u200d",
    "\n",
  ],
  seeds: [
    "50 %\r100 %\u001b[K",
    "\u001b[1;31;44mred\u001b[0m plain \u001b[38;5;196mx\u001b[48;2;1;2;3my",
    "one\ntwo\u001b[1A\u001b[2Kup\n\u001b[2Bdown\u001b[1Eend\u001b[1F",
    "\u001b]8;;https://example.com/a;b\u0007link\u001b]8;;\u0007 after",
    "tab\tstop\bback\u001b[5Gcolumn\u001b[3P\u001b[1J\u001b[2J",
  ],
  run: (input) => {
    const screen = new Screen();
    const lines = input.split("\n").map((text, at): ShownLine => line(text, at + 1));
    for (const one of lines) screen.take(one);
    for (const one of lines.slice(-200)) check(shownRuns(one, () => drawLine(one.text)));
  },
};

function check(runs: Run[]): void {
  const chars = runs.reduce((sum, { text }) => sum + text.length, 0);
  must(chars <= ROW_CHARS_MAX, "a row has only so many columns");
  for (const { text, style } of runs) {
    must(style.href === undefined || /^https?:\/\//i.test(style.href), "a link leads to a page");
    for (const colour of [style.fg, style.bg])
      must(
        colour === undefined || colour < THEME_COLOURS || /^#[\da-f]{6}$/.test(cssColour(colour)),
        "a colour is one",
      );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
    must(runs.length === 1 || !/[\x00-\x08\x0b-\x1f]/.test(text), "a cell holds no control character");
  }
}

function line(text: string, number: number): ShownLine {
  const place = { number, place: number, seq: number, omitted: 0, headless: false };
  return { ...place, timestamp: "2026-11-24T12:00:00.000000Z", output_type: "stdout", text };
}
