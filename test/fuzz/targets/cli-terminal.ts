import { TerminalFilter, type View } from "../../../cli/terminal/filter.ts";
import { jsonText, nameText } from "../../../cli/terminal/words.ts";
import { bytesOf } from "../bytes.ts";
import { hashOf, piecesOf } from "../random.ts";
import { must, type Target } from "../target.ts";

const VIEWS: View[] = ["screen", "lines"];
const SIZE = { columns: 80, rows: 24 };

/** The allowed output at a terminal: characters, line ends, and sequences within its own rows. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const HARMLESS = /^(?:[^\x00-\x1f\x7f-\x9f]|[\n\r\t\b]|\x1b\[[\d;:]*[mABCDGKX@P])*$/u;

/** A program's output as a command prints it at a terminal. The input is bytes, in any pieces. */
export const target: Target = {
  covers: [
    "terminal/filter.ts",
    "terminal/sequences.ts",
    "terminal/own-rows.ts",
    "terminal/colours.ts",
    "terminal/words.ts",
  ],
  chars_max: 8_192,
  words: [
    "\u001b[",
    "\u001b]0;",
    "\u001bP",
    "\u001b\\",
    "\u0007",
    "\u009b",
    "\u0090",
    "\u009c",
    "\u001b[38;5;1m",
    "\u001b[4:3m",
    "\u001b[2J",
    "\u001b[99999A",
    "\u001b[1;1H",
    "\u001b[?25l",
    "\u001b(B",
    "\u001bc",
    "\u0018",
    "\u00c2\u009b",
    "38;2;1;2;3",
    "48:2::1:2:3",
  ],
  seeds: [
    "one\n\u001b[1;31mtwo\u001b[0m\r\nthree\tfour\b\n",
    "\u001b]0;title\u0007\u001b[2J\u001b[?25l\u001bP+q\u001b\\text",
    "a\nb\nc\u001b[2A\u001b[2Kup\u001b[1B\u001b[5G\u001b[3;4H\u001b[J\u001b[1J\u001b[2J",
    "\u001b[38;5;196mx\u001b[48;2;1;2;3my\u001b[4:3mz\u001b[38:2::1:2:3m",
    "\u00e2\u0082\u00ac \u00c3\u00a4 \u00f0\u009f\u0098\u0080 \u00c2\u009b31m",
  ],
  run: (input) => {
    const bytes = bytesOf(input);
    for (const view of VIEWS) {
      const whole = shown([bytes], view);
      must(
        shown(piecesOf(bytes, hashOf(input)), view) === whole,
        `${view} is the same, however output comes`,
      );
      must(HARMLESS.test(whole), `${view} shows only what cannot harm`);
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
    must(!/[\x00-\x1f\x7f-\x9f]/.test(nameText(input) + jsonText(input)), "a name is a piece of a line");
  },
};

function shown(pieces: Uint8Array[], view: View): string {
  const filter = new TerminalFilter(() => SIZE);
  return pieces.map((piece) => filter.write("a", piece, view)).join("") + filter.end();
}
