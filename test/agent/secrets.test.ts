import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { PATTERN_BYTES_MAX } from "../../agent/secrets/automaton.ts";
import { PatternBudget } from "../../agent/secrets/budget.ts";
import { secretForms } from "../../agent/secrets/forms/forms.ts";
import { maskText } from "../../agent/secrets/masker.ts";
import { SECRET_BYTES_MAX, SECRETS_BYTES_MAX, Secrets } from "../../agent/secrets/secrets.ts";
import { MASK } from "../../protocol/model/mask.ts";

const secretsOf = (...values: string[]) => {
  const secrets = new Secrets(() => undefined, new PatternBudget());
  secrets.add("the test", values);
  return secrets;
};

/** The text of a private key, of about this many bytes. */
function pem(bytes: number): string {
  const lines =
    randomBytes((bytes * 3) / 4)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}

describe("the size of a secret", () => {
  it("is bounded, for each secret and for all together, before any form is made", () => {
    expect(() => secretsOf("é\n<".repeat(150_000))).toThrow(
      `A secret has at most ${SECRET_BYTES_MAX} bytes.`,
    );
    const many = Array.from({ length: SECRETS_BYTES_MAX / SECRET_BYTES_MAX + 1 }, (_, at) =>
      String(at).padEnd(SECRET_BYTES_MAX, "x"),
    );
    expect(() => secretsOf(...many)).toThrow(
      `The secrets of a run have at most ${SECRETS_BYTES_MAX} bytes together.`,
    );
  });

  it("may be too large without harm to the secrets that were known before", () => {
    const secrets = secretsOf("known before");
    expect(() => secrets.add("the test", ["added with it", "x".repeat(SECRET_BYTES_MAX + 1)])).toThrow();
    expect(secrets.mask({ a: "known before, added with it" })).toEqual({ a: `${MASK}, added with it` });
  });

  it("bounds the building of its forms", () => {
    const bytes_max = 1024 * 1024;
    const forms = secretForms("é\n<'ü\t".repeat(400), bytes_max);
    const bytes = forms.reduce((sum, { length }) => sum + length, 0);
    expect(bytes).toBeGreaterThan(bytes_max);
    expect(bytes).toBeLessThan(bytes_max + 64 * 1024);
    const values = Array.from({ length: 20 }, (_, at) => `${at}é\n<'ü\t`.repeat(400));
    expect(() => secretsOf(...values)).toThrow(
      `at most ${PATTERN_BYTES_MAX} bytes together, in all the forms`,
    );
  });

  it("may be that of a file: a long secret is masked as it is, in the common forms, and line by line", () => {
    for (const bytes of [4_500, 20_000, 60_000]) {
      const key = pem(bytes);
      const { automata } = secretsOf(key, pem(20_000), pem(4_500));
      const written = [
        key,
        key.replaceAll("\n", "\r\n"),
        JSON.stringify(key).slice(1, -1),
        JSON.stringify(JSON.stringify(key)).slice(3, -3),
        encodeURIComponent(key),
        key.replace(/\n(?=.)/g, "\n    "),
      ];
      for (const text of written) expect(maskText(automata, `<${text}>`)).toMatch(/^<\*{8}(\n\*{8})*\n?>$/);
      const encoded = Buffer.from(`ab${key}`).toString("base64");
      expect(maskText(automata, encoded).length).toBeLessThan(24);
      for (const line of key.trim().split("\n")) expect(maskText(automata, `<${line}>`)).toBe(`<${MASK}>`);
    }
  });

  it("leaves room for other secrets, even with thousands of lines", () => {
    const lines = (from: number) =>
      Array.from({ length: 6_000 }, (_, at) => `é<${(from + at).toString(36)}'`).join("\n");
    const { automata } = secretsOf(lines(100_000), lines(200_000), lines(300_000), "a password <of> another");
    expect(maskText(automata, "a password &lt;of&gt; another")).toBe(MASK);
    for (const line of lines(300_000).split("\n")) expect(maskText(automata, line)).toBe(MASK);
  }, 60_000);
});

describe("the secrets of all runs on an agent", () => {
  it("share one bound, and a run that ends gives its room back", () => {
    const budget = new PatternBudget(
      secretForms("of the first run").reduce((sum, { length }) => sum + length, 0) + 40,
    );
    const [first, other] = [new Secrets(() => undefined, budget), new Secrets(() => undefined, budget)];
    first.add("the test", "of the first run");
    expect(() => other.add("the test", "of another run")).toThrow(
      /^The secrets of all runs on this agent take all memory/,
    );
    first.release();
    first.release();
    expect(() => first.add("the test", "too late")).toThrow("The run has ended.");
    other.add("the test", "of another run");
    expect(other.mask({ a: "of another run" })).toEqual({ a: MASK });
    other.release();
    first.release();
    expect(budget.left).toBe(
      secretForms("of the first run").reduce((sum, { length }) => sum + length, 0) + 40,
    );
  });
});
