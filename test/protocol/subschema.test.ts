import { expect, it } from "vitest";
import { Steps } from "../../protocol/base/steps.ts";
import { secretValues } from "../../protocol/model/subschema.ts";

it("holds a value against a schema's patterns with so many steps in all, and then masks the rest", () => {
  const schema = { patternProperties: { "^x": {}, "x*x*[yz]$": { secret: true } } };
  const names = Array.from({ length: 1_000 }, (_, at) => `${"x".repeat(200)}${at}`);
  const value = Object.fromEntries(names.map((name) => [name, `value of ${name}`]));
  expect(secretValues(schema, value)).toEqual([]);
  const found = secretValues(schema, value, new Steps(100_000));
  expect(found.length).toBeGreaterThan(0);
  expect(found.length).toBeLessThan(names.length);
  expect(found).toEqual(Object.values(value).slice(-found.length));
  // Steps that ran out once are no reason to mask the next value.
  expect(secretValues(schema, value)).toEqual([]);
  expect(secretValues(schema, { open: 1, xxy: 2 })).toEqual([2]);
});

it("takes a pattern that cannot be matched to match", () => {
  expect(secretValues({ patternProperties: { "(?=a)": { secret: true } } }, { b: "hidden" })).toEqual([
    "hidden",
  ]);
});
