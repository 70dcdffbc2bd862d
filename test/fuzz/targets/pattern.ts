import { STEPS_MAX } from "../../../protocol/base/limits.ts";
import { Pattern, PatternError } from "../../../protocol/base/pattern.ts";
import { Steps } from "../../../protocol/base/steps.ts";
import { must, type Target } from "../target.ts";

/** The steps of one input, which take less time than its limit. */
const STEPS = STEPS_MAX / 64;

/** Users' regular expressions in Python's notation, each with a text to search behind it. */
export const target: Target = {
  covers: ["protocol/base/pattern.ts", "protocol/base/steps.ts"],
  chars_max: 4_096,
  words: [
    "(?P<a>",
    "(?:",
    "(?i)",
    "(?=",
    "\\1",
    "\\Z",
    "\\u00e4",
    "[[:alpha:]]",
    "{2,3}",
    "{,5}",
    "{1000}",
    "(a+)+$",
    "\\b",
    "\\p{L}",
    "[^",
    ".*",
    "(?#x)",
    "\n",
  ],
  seeds: [
    "^(a+)+$\naaaaaaaaaaaaaaaaaaaaaaaab",
    "(?P<year>\\d{4})-(?P<m>\\d\\d)\n2026-11 2027-12",
    "[\\w.]+@[^\\]]{,3}\\Z\na@b.c",
    "\\u00e4|\\bx\\b|(?#c)y\n\u00e4 x y",
    "a{100}|b*?\nbbb",
  ],
  throws: [PatternError],
  run: (input) => {
    const at = input.indexOf("\n");
    const [source, text] = at === -1 ? [input, input] : [input.slice(0, at), input.slice(at + 1)];
    const steps = new Steps(STEPS);
    const pattern = new Pattern(source, steps, { ignore_case: input.length % 2 === 0 });
    const found = pattern.find(text, steps);
    must(pattern.test(text, steps) === (found !== undefined), "it is found where it matches");
    if (found) must(found.start <= found.end && found.end <= text.length, "it is found within the text");
    pattern.startsIn(text, steps);
    let last = -1;
    for (const [whole] of pattern.all(text, steps)) {
      if (last === -1)
        must(whole?.start === found?.start && whole?.end === found?.end, "the first of all is the first");
      must(whole !== undefined && whole.end >= last, "places come one behind the other");
      last = whole.end;
    }
  },
};
