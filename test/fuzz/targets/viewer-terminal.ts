import { LINE_CHARS_MAX } from "../../../protocol/base/reader-limits.ts";
import type { Run } from "../../../protocol/screen/runs.ts";
import { OUTPUT_TYPES } from "../../../protocol/wire/chunk.ts";
import { noLines } from "../../../protocol/wire/counts.ts";
import { shownRuns } from "../../../protocol/wire/shown-line.ts";
import { PageReader } from "../../../web/log/page-reader.ts";
import { cssColour, THEME_COLOURS } from "../../../web/log/style.ts";
import { must, type Target } from "../target.ts";

/** The characters of a line's rows: each column holds a few at most. */
const LINE_ROWS_CHARS_MAX = 2 * LINE_CHARS_MAX * 32;

/** The page's drawing of a line, and of lines that overwrite each other. */
export const target: Target = {
  covers: ["log/source-screen.ts", "log/shown-line.ts", "screen/runs.ts"],
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
    const reader = new PageReader(noLines(), OUTPUT_TYPES);
    const [timestamp, output_type] = ["2026-11-24T12:00:00.000000Z", "stdout"] as const;
    const lines = reader.read({ seq: 1, timestamp, output_type, data: input });
    for (const one of [...lines, ...reader.open()].slice(-200)) check(shownRuns(one));
  },
};

function check(runs: readonly Run[]): void {
  const chars = runs.reduce((sum, { text }) => sum + text.length, 0);
  must(chars <= LINE_ROWS_CHARS_MAX, "a line has only so many columns");
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
