import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundedResult, fairShare, jsonBytes, shortened } from "../../protocol/model/result.ts";

/** Texts of all kinds of characters: quotes, controls, half surrogate pairs. */
const text = fc
  .array(fc.constantFrom("a", '"', "\\", "\n", "\u0001", "ü", "漢", "🙂", "\ud800", " words"), {
    maxLength: 2_000,
  })
  .map((parts) => parts.join(""));

const result = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,8}$/),
  fc.oneof(
    text,
    fc.integer(),
    fc.array(text, { maxLength: 3 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), text, { maxKeys: 4 }),
  ),
  { maxKeys: 6 },
);

it("the bytes of a text as JSON are those of its JSON", () => {
  const unit = fc.constantFrom(
    "a",
    '"',
    "\\",
    "\n",
    "\b",
    "\u0001",
    "\u007f",
    "ü",
    "漢",
    "🙂",
    "\ud83d",
    "\ude42",
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 50 }), (text) => {
      expect(jsonBytes(text)).toBe(Buffer.byteLength(JSON.stringify(text)));
    }),
  );
});

describe("a bounded result", () => {
  it("has at most the given bytes, and stays whole below them", () => {
    fc.assert(
      fc.property(result, fc.integer({ min: 200, max: 6_000 }), (whole, bytes_max) => {
        const bounded = boundedResult(whole, bytes_max);
        if (jsonBytes(whole) <= bytes_max) expect(bounded).toBe(whole);
        else expect(jsonBytes(bounded)).toBeLessThanOrEqual(bytes_max);
      }),
      { numRuns: 1_000 },
    );
  });

  it("keeps short values, and shortens long ones to the same size", () => {
    const whole = {
      failed: false,
      return_code: 0,
      stdout: "o".repeat(5_000),
      stderr: "e".repeat(9_000),
      tiny: "t",
    };
    const bounded = boundedResult(whole, 4_000);
    expect(bounded).toMatchObject({ failed: false, return_code: 0, tiny: "t" });
    expect(bounded.stdout).toMatch(
      /^o+\n\[\.\.\. \d+ bytes left out: a result has at most \d+ \.\.\.\]\no+$/,
    );
    expect(Math.abs(jsonBytes(bounded.stdout) - jsonBytes(bounded.stderr))).toBeLessThan(10);
  });

  it("keeps as much of a text of lines as fits", () => {
    const bounded = boundedResult({ stdout: 'a "line"\n'.repeat(1_000) }, 4_000);
    expect(jsonBytes(bounded)).toBeGreaterThan(4_000 - 100);
  });

  it("keeps an object's other entries when one of them is long", () => {
    const bounded = boundedResult({ stdout: { id: 7, log: "x".repeat(5_000) }, ok: true }, 2_000);
    expect(bounded).toMatchObject({ ok: true, stdout: { id: 7, log: expect.stringContaining("left out") } });
  });

  it("is serialized only a few times, at any depth of its longest value", () => {
    let writes = 0;
    const probe = {
      toJSON: () => {
        writes++;
        return 0;
      },
    };
    const zeros: unknown[] = [probe, ...Array.from({ length: 1_400_000 }, () => 0)];
    const deep = Array.from({ length: 98 }).reduce<Record<string, unknown>>((inner) => ({ a: inner }), {
      zeros,
    });
    const bounded = boundedResult(deep, 1_792 * 1_024);
    expect(jsonBytes(bounded)).toBeLessThanOrEqual(1_792 * 1_024);
    expect(JSON.stringify(bounded)).toContain("left out");
    expect(writes).toBeLessThanOrEqual(3);
  });

  it("becomes a text if its names alone are too long", () => {
    const names = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`name-${at}`, at]));
    const bounded = boundedResult(names, 2_000);
    expect(Object.keys(bounded)).toEqual(["shortened"]);
    expect(jsonBytes(bounded)).toBeLessThanOrEqual(2_000);
  });
});

describe("a shortened text", () => {
  it("says how many bytes are missing, also after it is shortened again", () => {
    const once = shortened("ü".repeat(10_000), 4_000);
    const missing = (of: string) => Number(/\.\.\. (\d+) bytes/.exec(of)?.[1]);
    const kept = (of: string) => [...of].filter((sign) => sign === "ü").length * 2;
    expect(missing(once)).toBe(20_000 - kept(once));
    const twice = shortened(once, 1_000);
    expect(missing(twice)).toBe(20_000 - kept(twice));
    expect(twice.match(/left out/g)).toHaveLength(1);
  });

  it("counts what the mark of an earlier agent counts", () => {
    const once = shortened("x".repeat(20_000), 4_000);
    const earlier = once.replace("[...", "[\u2026").replace("...]", "\u2026]");
    expect(shortened(earlier, 1_000)).toBe(shortened(once, 1_000));
  });

  it("has a mark of ASCII characters, so that a text of ASCII takes no more memory for it", () => {
    expect(shortened("x".repeat(10_000), 1_000)).toMatch(/^[\0-\x7f]+$/);
  });

  it("is cut between characters", () => {
    for (let bytes_max = 300; bytes_max < 320; bytes_max++) {
      expect(shortened("🙂".repeat(200), bytes_max).isWellFormed()).toBe(true);
    }
  });
});

describe("a fair share", () => {
  it("is the room that smaller entries leave", () => {
    expect(fairShare([10, 20, 1_000, 2_000], 1_030)).toBe(500);
    expect(fairShare([10, 20], 1_000)).toBe(1_000);
  });
});
