import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { namedValues } from "../../protocol/base/named-values.ts";
import { readExact } from "../../protocol/base/numbers.ts";

const Counts = namedValues(v.pipe(v.string(), v.regex(/^\w+$/)), v.object({ count: v.number() }));

describe("an object whose names are data", () => {
  it("keeps every name, also that of a property of each object", () => {
    const counts = Object.fromEntries(
      ["a", "constructor", "prototype", "toString"].map((name, count) => [name, { count }]),
    );
    expect(v.parse(Counts, counts)).toEqual(counts);
  });

  it.each([
    ['{"__proto__": {"count": 1}}', "__proto__", "__proto__ cannot be a name"],
    ['{"a b": {"count": 1}}', "a b", /Invalid format/],
    ['{"a": {"count": "1"}}', "a.count", /Expected number/],
    ["[]", null, "is not an object"],
    ["1.0", null, "is not an object"],
    ["null", null, "is not an object"],
  ])("refuses %s and says where", (json, path, message) => {
    const { issues = [], success } = v.safeParse(Counts, readExact(json));
    expect(success).toBe(false);
    expect(issues[0] && v.getDotPath(issues[0])).toBe(path);
    expect(issues[0]?.message).toMatch(message);
  });
});
