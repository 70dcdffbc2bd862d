import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PATTERN_CHARS_MAX, STEPS_MAX } from "../../protocol/base/limits.ts";
import { Pattern } from "../../protocol/base/pattern.ts";
import { Steps } from "../../protocol/base/steps.ts";

const steps = () => new Steps(STEPS_MAX);

function finds(source: string, text: string): boolean {
  return new Pattern(source, steps()).test(text, steps());
}

describe("a pattern", () => {
  it("finds what the platform's own patterns find", () => {
    const piece = fc.constantFrom("a", "b", "[ab]", "[^a]", ".", "(a|b)", "(?:ab)", "\\w", "\\d", "^", "$");
    const repeated = fc.tuple(piece, fc.constantFrom("", "*", "+", "?", "{2}", "{0,3}", "*?"));
    const source = fc
      .array(repeated, { maxLength: 5 })
      .map((pieces) =>
        pieces.map(([one, times]) => (/[$^]/.test(one) && one.length === 1 ? one : one + times)),
      );
    const text = fc.string({ unit: fc.constantFrom("a", "b", "1", " "), maxLength: 12 });
    fc.assert(
      fc.property(source, text, (pieces, subject) => {
        const whole = pieces.join("");
        const own = [...subject.matchAll(new RegExp(whole, "g"))];
        const found = [...new Pattern(whole, steps()).all(subject, steps())];
        expect(found.map(([place]) => [place?.start, place?.end])).toEqual(
          own.map((match) => [match.index, match.index + match[0].length]),
        );
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["\\Aab\\Z", "ab", "xab"],
    ["(?P<year>\\d{4})-", "2026-", "206-"],
    ["(?i)AB", "ab", "b"],
    ["^a{,2}$", "aa", "aaa"],
    ["^caf\\u00e9[\\u00e8-\\u00ea]$", "caféé", "cafee"],
    ["a(?# what comes first)b", "ab", "a b"],
    ["^[]a]+$", "]a", "b"],
  ])("follows Python's syntax: %s", (source, good, bad) => {
    expect(finds(source, good)).toBe(true);
    expect(finds(source, bad)).toBe(false);
  });

  it.each([
    ["(?=a)b", "it looks ahead or behind"],
    ["(?!a)b", "it looks ahead or behind"],
    ["(?<=a)b", "it looks ahead or behind"],
    ["(a)\\1", "it refers back to a group"],
    ["(?P<a>a)(?P=a)", "it refers back to a group"],
    ["(a", "missing closing )"],
    ["a{1001}", "invalid repeat count"],
    ["(a{1000}){1000}", "invalid repeat count"],
    ["a{1000}".repeat(100), "it repeats too much"],
    ["a".repeat(PATTERN_CHARS_MAX + 1), `it has more than ${PATTERN_CHARS_MAX} characters`],
  ])("is refused with the reason: %s", (source, reason) => {
    expect(() => new Pattern(source, steps())).toThrow(reason);
  });

  it.each([
    ["^(a+)+$", "a".repeat(200_000), "!"],
    ["(a|aa)+$", "a".repeat(200_000), "!"],
    ["a*a*a*a*b", "a".repeat(200_000), ""],
    ["(.*)(.*)(.*)(.*)[xy]", "a".repeat(50_000), ""],
    ["^(\\w+\\s?)*$", "word ".repeat(20_000), "!"],
  ])("takes time in proportion to the text: %s", (source, text, end) => {
    expect(finds(source, text + end)).toBe(false);
  });

  it("is stopped when every search reads all of the remaining text", () => {
    const pattern = new Pattern("a.*[yz]|a", steps());
    expect(() => [...pattern.all("a".repeat(300_000), steps())]).toThrow("more steps than allowed");
    expect([...pattern.all("a".repeat(500), steps())]).toHaveLength(500);
  });
});
