import { type FoldMark, FoldScanner } from "../../../protocol/wire/fold-scanner.ts";
import type { Line } from "../../../protocol/wire/lines.ts";
import { foldsOf } from "../../../web/log/folds/folds-of.ts";
import { must, type Target } from "../target.ts";

const NAME_CHARS_MAX = 200;

/** The folding of an output, one line after another. */
export const target: Target = {
  covers: ["wire/fold-markers.ts", "wire/fold-scanner.ts", "folds/folds-of.ts"],
  words: [
    "::group::",
    "::endgroup::",
    "##[group]",
    "##[endgroup]",
    "section_start:1:",
    "section_end:2:",
    "[collapsed=true]",
    "\r\u001b[0K",
    "--- ",
    "+++ ",
    "~~~ ",
    "^^^ +++",
    "@@",
    "\u001b[1m",
    "\n",
  ],
  seeds: [
    "::group::a\n1\n##[group]b\n##[endgroup]\n::endgroup::\n",
    "section_start:1:a[collapsed=false]\r\u001b[0KA\nx\nsection_end:2:a\r\u001b[0Ksection_start:3:b\r\u001b[0KB\n",
    "~~~ a\n--- b\n+++ c\n^^^ +++\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n",
    "same\n".repeat(25),
  ],
  run: (input) => {
    const texts = input.split("\n");
    const scanner = new FoldScanner();
    for (const [at, text] of texts.entries()) scanner.read(lineOf(text, at + 1));
    check(scanner.marks, texts.length);
  },
};

function lineOf(text: string, place: number): Line {
  const none = { seq: 1, timestamp: "2026-11-24T12:00:00.000000Z", omitted: 0, headless: false };
  return { ...none, number: place, place, output_type: "stdout", text };
}

function check(marks: FoldMark[], count: number): void {
  for (const [at, { place }] of marks.entries()) {
    must(place >= (marks[at - 1]?.place ?? 1) && place <= count, "marks are in the order of their lines");
  }
  for (const { from, to = count, name, parent } of foldsOf(marks).folds) {
    must(to >= from && to <= count, "a fold has lines of the output");
    must(name.length <= NAME_CHARS_MAX, "a name has only so many characters");
    must(!parent || (parent.from <= from && (parent.to ?? count) >= to), "a fold is within its group");
  }
}
