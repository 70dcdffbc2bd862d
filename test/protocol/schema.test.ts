import { describe, expect, it } from "vitest";
import { STEPS_MAX } from "../../protocol/base/limits.ts";
import { Steps } from "../../protocol/base/steps.ts";
import { misfitOf } from "../../protocol/schema/check.ts";
import { FORMATS } from "../../protocol/schema/formats.ts";
import { schemaProblem } from "../../protocol/schema/subschemas.ts";
import type { Schema } from "../../protocol/schema/type.ts";

function misfit(schema: Schema, value: unknown) {
  return misfitOf(schema, value, new Steps(STEPS_MAX));
}

describe("a schema", () => {
  it.each<[Schema, unknown, unknown, string]>([
    [{ type: "integer" }, 1, 1.5, "1.5 is not of type 'integer'"],
    [{ type: ["integer", "null"] }, null, "a", "'a' is not of type 'integer', 'null'"],
    [{ enum: ["a", { b: [1] }] }, { b: [1] }, "b", `'b' is not one of ["a",{"b":[1]}]`],
    [{ minimum: 2 }, 2, 1, "1 is less than the minimum of 2"],
    [{ minimum: 2, exclusiveMinimum: true }, 3, 2, "2 is less than or equal to the minimum of 2"],
    [{ maximum: 2 }, 2, 3, "3 is greater than the maximum of 2"],
    [{ maximum: 2, exclusiveMaximum: true }, 1, 2, "2 is greater than or equal to the maximum of 2"],
    [{ multipleOf: 0.1 }, 0.3, 0.35, "0.35 is not a multiple of 0.1"],
    [{ minLength: 2 }, "ab", "a", "'a' is too short"],
    [{ maxLength: 1 }, "😀", "ab", "'ab' is too long"],
    [{ pattern: "^a+$" }, "aa", "ab", "'ab' does not match '^a+$'"],
    [{ format: "ipv4" }, "10.0.0.1", "10.0.0.256", "'10.0.0.256' is not a 'ipv4'"],
    [{ minItems: 1 }, [1], [], "[] is too short"],
    [{ maxItems: 1 }, [1], [1, 2], "[1,2] is too long"],
    [
      { uniqueItems: true },
      [1, "1", { a: 1, b: 2 }],
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      "has non-unique elements",
    ],
    [{ items: { type: "string" } }, ["a"], ["a", 1], "1: 1 is not of type 'string'"],
    [{ items: [{}, { type: "string" }] }, [1, "a", 2], [1, 2], "1: 2 is not of type 'string'"],
    [
      { items: [{}], additionalItems: false },
      [1],
      [1, 2],
      "Additional items are not allowed (2 was unexpected)",
    ],
    [{ items: [{}], additionalItems: { type: "string" } }, [1, "a"], [1, 2], "1: 2 is not of type 'string'"],
    [{ required: ["a"] }, { a: 1 }, {}, "'a' is a required property"],
    [{ properties: { a: { required: true } } }, { a: 1 }, {}, "'a' is a required property"],
    [{ properties: { a: { type: "string" } } }, { b: 1 }, { a: 1 }, "a: 1 is not of type 'string'"],
    [{ minProperties: 1 }, { a: 1 }, {}, "{} does not have enough properties"],
    [{ maxProperties: 0 }, {}, { a: 1 }, `{"a":1} has too many properties`],
    [
      { patternProperties: { "^x_": { type: "string" } }, additionalProperties: false },
      { x_a: "b" },
      { x_a: 1 },
      "x_a: 1 is not of type 'string'",
    ],
    [
      { additionalProperties: false },
      {},
      { a: 1 },
      "Additional properties are not allowed ('a' was unexpected)",
    ],
    [{ additionalProperties: { type: "string" } }, { a: "b" }, { a: 1 }, "a: 1 is not of type 'string'"],
    [{ dependencies: { a: ["b"] } }, { a: 1, b: 1 }, { a: 1 }, "'b' is a dependency of 'a'"],
    [{ dependencies: { a: { maxProperties: 1 } } }, { a: 1 }, { a: 1, b: 1 }, "has too many properties"],
    [{ allOf: [{ minimum: 1 }, { maximum: 2 }] }, 1, 3, "3 is greater than the maximum of 2"],
    [
      { anyOf: [{ type: "string" }, { minimum: 1 }] },
      "a",
      0,
      "0 is not valid under any of the given schemas",
    ],
    [
      { oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      1,
      2,
      "2 is valid under more than one of the given schemas",
    ],
    [{ not: { type: "string" } }, 1, "a", "'a' is not allowed"],
    [
      { definitions: { port: { maximum: 9 } }, properties: { a: { $ref: "#/definitions/port" } } },
      { a: 9 },
      { a: 10 },
      "a: 10 is greater than the maximum of 9",
    ],
  ])("%j accepts %j, and not %j", (schema, good, bad, reason) => {
    expect(misfit(schema, good)).toBeUndefined();
    const found = misfit(schema, bad);
    expect([...(found?.path ?? []), found?.reason].join(": ")).toContain(reason);
  });

  it.each<[string, Schema, unknown]>([
    ["refers to itself", { $ref: "#" }, 1],
    ["refers to itself in two ways at each turn", { anyOf: [{ $ref: "#" }, { $ref: "#" }] }, 1],
    ["refers to nothing", { $ref: "#/definitions/none" }, 1],
    ["has a pattern that takes for ever elsewhere", { pattern: "^(a+)+$" }, `${"a".repeat(200_000)}!`],
    [
      "has the same in the names of properties",
      { patternProperties: { "^(a+)+$": false } },
      { [`${"a".repeat(100_000)}!`]: 1 },
    ],
    [
      "wants each of 100,000 items to differ",
      { uniqueItems: true },
      Array.from({ length: 100_000 }, (_, at) => at),
    ],
    [
      "has 1,000 schemas for each of 10,000 items",
      { items: { anyOf: Array(1_000).fill({ type: "null" }) } },
      Array(10_000).fill(1),
    ],
  ])("that %s is checked in bounded time", (_, schema, value) => {
    try {
      misfit(schema, value);
    } catch (error) {
      expect(error).toMatchObject({ code: "too_costly" });
    }
  });

  it("repeats only the beginning of a value in its error", () => {
    expect(misfit({ type: "integer" }, "x".repeat(100_000))?.reason.length).toBeLessThan(300);
  });
});

describe("a format", () => {
  it.each([
    ["date", "2024-02-29", "2023-02-29"],
    ["time", "23:59:60z", "24:00:00Z"],
    ["date-time", "2026-11-24T12:00:00+01:00", "2026-11-24 12:00"],
    ["email", "ann.lee+x@example.com", "ann@@example..com"],
    ["hostname", "a-b.example.com", "-a.example.com"],
    ["ipv6", "2001:db8::192.0.2.1", "2001:db8:::1"],
    ["ipv6", "::", "1:2:3:4:5:6:7:8:9"],
    ["uri", "https://example.com/a?b#c", "example.com"],
    ["uuid", "01234567-89ab-cdef-0123-456789abcdef", "01234567-89ab-cdef-0123"],
  ])("%s accepts %s, and not %s", (format, good, bad) => {
    expect(FORMATS[format]?.(good)).toBe(true);
    expect(FORMATS[format]?.(bad)).toBe(false);
  });

  it("of any kind is checked in time in proportion to the text", () => {
    for (const format of Object.values(FORMATS)) {
      for (const part of ["a", "a.", "1:", "1.", ":", "-", "@", "2026-", "http://a", "%20", "\t"]) {
        format(part.repeat(500_000));
        format(`https://${part.repeat(500_000)}!`);
      }
    }
  });
});

describe("the patterns of a schema", () => {
  it.each<[Schema, unknown]>([
    [{ pattern: "(?=a)" }, ["pattern"]],
    [{ patternProperties: { "(a)\\1": {} } }, ["patternProperties", "(a)\\1"]],
    [
      { properties: { pattern: { items: [{ anyOf: [{}, { pattern: "(?!a)" }] }] } } },
      ["properties", "pattern", "items", 0, "anyOf", 1, "pattern"],
    ],
    [{ pattern: 5 }, ["pattern"]],
  ])("are refused if RE2 refuses them: %j", (schema, keys) => {
    expect(schemaProblem(schema, new Steps(STEPS_MAX))).toMatchObject({ keys });
  });

  it("are searched in schemas, and not in values", () => {
    const schema = { default: { pattern: "(?=a)" }, enum: [{ pattern: "(" }], properties: { pattern: {} } };
    expect(schemaProblem(schema, new Steps(STEPS_MAX))).toBeUndefined();
  });
});
