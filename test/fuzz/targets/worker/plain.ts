import { cutEscapeAt, visibleText, withoutEscapes } from "../../../../protocol/base/plain.ts";
import type { Chunk } from "../../../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../../../protocol/wire/line.ts";
import { plainFrames } from "../../../../src/reading/formats/plain.ts";
import { hashOf, piecesOf } from "../../random.ts";
import { must, type Target } from "../../target.ts";

/** Output as text without a terminal's sequences, in any pieces. */
export const target: Target = {
  covers: ["protocol/base/plain.ts", "output/plain.ts", "protocol/base/trim.ts"],
  words: [
    "\u001b[",
    "\u001b]0;",
    "\u001b\\",
    "\u0007",
    "\u009b1m",
    "\u001bP",
    "\u001b(B",
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
    const whole = plain([text]);
    must(
      plain(piecesOf([...text], hashOf(text), 20).map((piece) => piece.join(""))) === whole,
      "text is the same, however it comes, in whole characters",
    );
    must(!withoutEscapes(text).includes("\u001b["), "no sequence is left");
    must(cutEscapeAt(text) <= text.length, "a cut is within the text");
    must(!visibleText(text.replaceAll("\n", "")).includes("\r"), "a line has been drawn");
  },
};

function plain(pieces: string[]): string {
  const frames = plainFrames();
  const shown = pieces.map((data, at) => {
    const chunk: Chunk = {
      seq: at + 1,
      timestamp: "2026-11-24T12:00:00.000000Z",
      output_type: "stdout",
      data,
    };
    return new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(
      frames.output(encodeChunk(chunk)),
    );
  });
  return shown.join("");
}
