import { expect, it } from "vitest";
import { Steps } from "../../protocol/base/steps.ts";
import { secretValues } from "../../protocol/model/subschema.ts";

it("matches a value against a schema's patterns in a bounded number of steps, and masks the rest", () => {
  const schema = { patternProperties: { "^x": {}, "x*x*[yz]$": { secret: true } } };
  const names = Array.from({ length: 1_000 }, (_, at) => `${"x".repeat(200)}${at}`);
  const value = Object.fromEntries(names.map((name) => [name, `value of ${name}`]));
  expect(secretValues(schema, value)).toEqual([]);
  const found = secretValues(schema, value, new Steps(100_000));
  expect(found.length).toBeGreaterThan(0);
  expect(found.length).toBeLessThan(names.length);
  expect(found).toEqual(Object.values(value).slice(-found.length));
  // The next value has its own steps.
  expect(secretValues(schema, value)).toEqual([]);
  expect(secretValues(schema, { open: 1, xxy: 2 })).toEqual([2]);
});

it("treats a pattern that cannot be matched as a match", () => {
  expect(secretValues({ patternProperties: { "(?=a)": { secret: true } } }, { b: "hidden" })).toEqual([
    "hidden",
  ]);
});
