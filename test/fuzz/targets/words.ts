import { failureText, oneLine, openSentence } from "../../../protocol/base/failure-text.ts";
import { chunkTimeMs, momentText } from "../../../web/base/time.ts";
import { hashOf, readHash } from "../../../web/log/selection.ts";
import { must, mustEqual, type Target } from "../target.ts";

/** Other programs' error texts, as one line for a person, and the part of an address after `#`. */
export const target: Target = {
  covers: ["protocol/base/failure-text.ts", "web/selection.ts", "log/time.ts"],
  words: [
    "#L",
    "-L",
    "#S",
    "\r\n",
    " \n ",
    "...",
    "    ",
    "ECONNREFUSED",
    "fetch failed",
    "2026-11-24T12:00:00.000000Z",
  ],
  seeds: [
    "#L120-L140",
    "#L7",
    "#S9",
    "one line.\n  and another \r\n",
    "connect ECONNREFUSED 127.0.0.1:7171",
    "2026-11-24T12:00:00.123456Z",
  ],
  run: (input) => {
    const said = [
      input,
      new Error(input, { cause: new Error(input.slice(1)) }),
      new AggregateError([new Error(input)], ""),
    ];
    for (const one of [...said.map(failureText), oneLine(input), openSentence(input)])
      must(!/[\r\n]/.test(one), "a failure is told in one line");
    must(!/[.\s]$/.test(openSentence(input)), "a sentence is open");
    const { range } = readHash(input);
    if (range) mustEqual(readHash(hashOf(range)).range, range, "an address names what it was made of");
    if (!Number.isNaN(chunkTimeMs(input))) momentText(input);
  },
};
