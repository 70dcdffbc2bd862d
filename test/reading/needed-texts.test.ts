import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Pattern } from "../../protocol/base/pattern.ts";
import { Steps } from "../../protocol/base/steps.ts";
import { neededTexts } from "../../src/reading/pages/needed-texts.ts";
import { ERROR_LINE } from "../../web/log/error-pattern.ts";

const atom = fc.constantFrom(
  "a",
  "b",
  "A",
  "k",
  "\\.",
  ".",
  "[ab]",
  "[^\\]a]",
  "\\w",
  "\\b",
  "^",
  "$",
  "é",
  "ab",
  "-",
);
const repeat = fc.constantFrom("", "", "", "*", "+", "?", "{0,2}", "{2}", "+?");
const { pattern } = fc.letrec<{ pattern: string; piece: string }>((tie) => ({
  piece: fc.oneof(
    { maxDepth: 3 },
    fc.tuple(atom, repeat).map(([text, times]) => (/^[\^$]|^\\b/.test(text) ? text : text + times)),
    fc
      .tuple(fc.constantFrom("(", "(?:", "(?i:", "(?P<n>"), tie("pattern"), repeat)
      .map(([open, inner, times]) => `${open}${inner})${times}`),
  ),
  pattern: fc
    .array(fc.array(tie("piece"), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 })
    .map((alternatives) => alternatives.map((pieces) => pieces.join("")).join("|")),
}));
const text = fc.array(fc.constantFrom("a", "b", "A", "B", "k", "K", "\u212a", ".", "-", "é"), {
  maxLength: 8,
});

describe("the texts that an expression needs", () => {
  it("are in every text that it matches", () => {
    fc.assert(
      fc.property(pattern, fc.boolean(), fc.array(text, { minLength: 5 }), (source, ignore_case, texts) => {
        const steps = new Steps(Number.MAX_SAFE_INTEGER);
        let regex: Pattern;
        try {
          regex = new Pattern(source, steps, { ignore_case });
        } catch {
          return;
        }
        const needed = neededTexts(source, ignore_case);
        for (const one of texts.map((units) => units.join("")))
          if (needed && regex.test(one, steps)) expect(one).toMatch(needed);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ["^::group::|^##\\[group\\]", "##[group]x", "group"],
    ["took (\\d+)ms", "TOOK 3MS", "tok 3ms"],
    ["(?:Error|Exception)(?::|$)", "Error", "Err"],
    [ERROR_LINE, "main.c:3: ERROR: x", "all is well"],
  ])("of %s", (source, has, lacks) => {
    const needed = neededTexts(source, true);
    expect(needed?.test(has)).toBe(true);
    expect(needed?.test(lacks)).toBe(false);
  });

  it.each(["\\d+", "a|b+", "x?y*", "(?s)ab", "[[:alpha:]]abc", "\\x41bcd"])("of %s are unknown", (source) => {
    expect(neededTexts(source, false)).toBeUndefined();
  });
});
