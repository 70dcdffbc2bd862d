import { describe, expect, it } from "vitest";
import { YAML_CHARS_MAX } from "../../protocol/base/limits.ts";
import { readYaml } from "../../protocol/base/yaml.ts";

describe("the reader of YAML", () => {
  it("reads lists and objects up to its depth, in every notation", () => {
    for (const [open, close] of [
      ["- ", ""],
      ["[", "]"],
      ["{a: ", "}"],
    ] as const) {
      expect(readYaml(open.repeat(50) + 1 + close.repeat(50)).value).toBeDefined();
      expect(() => readYaml(open.repeat(101) + 1 + close.repeat(101))).toThrow(/nested deeper than 100/);
    }
  });

  it.each([
    ["brackets that are never closed", "[".repeat(200_000)],
    ["lists in lists", "- ".repeat(200_000)],
    ["keys of keys, each of which the library would write out", "? ".repeat(200_000)],
    ["deeper and deeper lines", Array.from({ length: 1_000 }, (_, at) => `${" ".repeat(at)}a:`).join("\n")],
    ["aliases that multiply", aliases(9)],
    ["a list that contains itself", "a: &a [*a]"],
    ["a text without an end", "#".repeat(YAML_CHARS_MAX + 1)],
  ])("refuses %s", (_, text) => {
    expect(() => readYaml(text)).toThrow(/nested deeper|Excessive alias count|at most|cannot be a key/);
  });

  it.each(["[a]: 1", "? {a: 1}\n: 1", "x: &k [1]\n? *k\n: 2"])(
    "refuses a list or an object as a key, as Python does: %j",
    (text) => {
      expect(() => readYaml(text)).toThrow("a list or an object cannot be a key");
    },
  );
});

/** Aliases of ten entries each, in this many levels. */
function aliases(levels: number): string {
  const names = "abcdefghij".slice(0, levels + 1);
  const lines = [...names].map((name, at) => {
    const before = names[at - 1];
    return `${name}: &${name} [${Array(10)
      .fill(before ? `*${before}` : 1)
      .join(", ")}]`;
  });
  return lines.join("\n");
}
