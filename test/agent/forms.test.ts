import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Automaton } from "../../agent/secrets/automaton.ts";
import { secretForms } from "../../agent/secrets/forms/forms.ts";
import { Masker, maskText } from "../../agent/secrets/masker.ts";
import { isMaskable, MASK } from "../../protocol/model/mask.ts";
import { secret, type Written, writtenByPython, writtenEverywhere } from "./writers.ts";

/** The number of secrets, forms and cuts: all with TAILRACE_TEST_LONG, else a tenth. */
const TRIES = process.env.TAILRACE_TEST_LONG === "1" ? 100_000 : 10_000;

/** The time that all tries may take together. */
const TRIES_MS_MAX = 600_000;

/** Characters around a secret. No secret contains them. */
const BEFORE = "«";
const AFTER = "»";

const seed = Number(process.env.TAILRACE_TEST_SEED ?? Date.now());
const random = fc.sample(fc.infiniteStream(fc.nat(0xffff)), { numRuns: 1, seed })[0];

/** Tries secrets until there are enough, each in all of its forms and with its own cuts. */
function expectAllMasked(writtenBy: (texts: string[]) => Written[][]): void {
  let tries = 0;
  const leaked: string[] = [];
  const programs = new Set<string>();
  for (let round = 0; tries < TRIES; round++) {
    const texts = fc.sample(secret, { numRuns: 250, seed: seed + round });
    const all = writtenBy(texts);
    for (const [nth, text] of texts.entries()) {
      const automata = [new Automaton(secretForms(text))];
      for (const { program, text: written } of all[nth] ?? []) {
        // Some escapes are shorter than the text that they stand for, and too short to be masked.
        if (!isMaskable(written)) continue;
        tries++;
        programs.add(program);
        const shown = maskInPieces(automata, BEFORE + written + AFTER);
        if (shown !== BEFORE + MASK + AFTER)
          leaked.push(`${program}: ${JSON.stringify({ text, written, shown })}`);
      }
    }
  }
  expect(leaked.slice(0, 5), `${leaked.length} of ${tries} leaked, seed ${seed}`).toEqual([]);
  expect(programs.size).toBeGreaterThan(10);
}

function maskInPieces(automata: readonly Automaton[], text: string): string {
  const masker = new Masker(automata);
  const bytes = Buffer.from(text);
  const shown: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + ((random?.next().value ?? 0) % bytes.length);
    shown.push(Buffer.from(masker.push(bytes.subarray(at, at + size))));
    at += size;
  }
  return Buffer.concat([...shown, masker.finish()]).toString();
}

describe("the forms of random secrets, cut at random", () => {
  it(
    "are masked as JavaScript and bash write them",
    () => {
      expectAllMasked(writtenEverywhere);
    },
    TRIES_MS_MAX,
  );

  it("are masked as Python, Go, PHP, .NET, SQL, CSV and XML write them", {
    tags: "python3",
    timeout: TRIES_MS_MAX,
  }, () => {
    expectAllMasked(writtenByPython);
  });
});

describe("the forms of a secret", () => {
  const maskWhole = (secret: string, text: string) => maskText([new Automaton(secretForms(secret))], text);

  it.each([
    ["a no-break space", "pass\xa0word", ["pass\xa0word", "pass\\xa0word", "pass\\u00a0word", "pass\\_word"]],
    ["a line separator", "pass\u2028word", ["pass\\342\\200\\250word", "pass\\u2028word", "pass\\Lword"]],
    ["characters composed and decomposed", "caf\u00e9-key", ["caf\u00e9-key", "cafe\u0301-key"]],
    [
      "several lines further to the right",
      "a:\n\nsecret\nb",
      ["a:\n\n    secret\n    b", "a:\r\n\r\n\tsecret\r\n\tb"],
    ],
  ])("include the form of %s", (_, secret, written) => {
    for (const text of written) expect(maskWhole(secret, `<${text}>`)).toBe(`<${MASK}>`);
  });

  it("include each line, also as other programs write it", () => {
    const key = "-----BEGIN KEY-----\nMIIB/q+d=\nab\n";
    expect(maskWhole(key, '["-----BEGIN KEY-----","MIIB\\/q+d=","ab"]')).toBe(`["${MASK}","${MASK}","ab"]`);
  });

  it("measure the minimum length in bytes of UTF-8", () => {
    for (const text of ["abc", "é1", "\u20ac"]) {
      expect(secretForms(text)).toEqual([]);
    }
    for (const text of ["abcd", "éé", "\u20ac1", "😀"]) {
      expect(secretForms(text)).toContainEqual(Buffer.from(text));
    }
  });
});
