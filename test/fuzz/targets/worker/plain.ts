import { shownLine } from "../../../../protocol/screen/shown-line.ts";
import type { Chunk } from "../../../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../../../protocol/wire/line.ts";
import { plainFrames } from "../../../../src/reading/formats/plain.ts";
import { hashOf, piecesOf } from "../../random.ts";
import { must, type Target } from "../../target.ts";

/** Output as the text that a terminal shows, in any pieces. */
export const target: Target = {
  covers: ["protocol/screen", "formats/plain.ts"],
  words: [
    "\u001b[",
    "\u001b]0;",
    "\u001b\\",
    "\u0007",
    "\u009b1m",
    "\u001bP",
    "\u001b(B",
    "\u001b[2A",
    "\u001b[2J",
    "\u001b[?1049h",
    "\u001b[9;9H",
    "\u001b[1;31m",
    "\r",
    "\n",
  ],
  seeds: [
    "a\u001b[1;31mb\u001b[0m\u001b]0;title\u0007c",
    "\u001b]8;;x\u001b\\link\u001b]8;;\u001b\\",
    "50%\r100%\r\n",
    "\u009b31mx\u001b",
  ],
  run: (input) => {
    const text = input.toWellFormed();
    for (const at_once of [true, false]) {
      const whole = plain([text], at_once);
      const pieces = piecesOf([...text], hashOf(text), 20).map((piece) => piece.join(""));
      must(plain(pieces, at_once) === whole, "text is the same, however it comes, in whole characters");
      must(!CONTROL.test(whole), "no control character is left");
    }
    must(!CONTROL.test(shownLine(text.replaceAll("\n", ""))), "a line has been drawn");
  },
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;

function plain(pieces: string[], at_once: boolean): string {
  const frames = plainFrames({ at_once });
  const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  const shown = pieces.map((data, at) => {
    const chunk: Chunk = {
      seq: at + 1,
      timestamp: "2026-11-24T12:00:00.000000Z",
      output_type: "stdout",
      data,
    };
    return decoder.decode(frames.output(encodeChunk(chunk)));
  });
  const rest = frames.control({ event: "up_to_date", last_seq: pieces.length }, pieces.length);
  return shown.join("") + decoder.decode(rest);
}
