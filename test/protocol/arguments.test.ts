import { describe, expect, it } from "vitest";
import type { Parameters } from "../../protocol/model/action.ts";
import { scriptArguments } from "../../protocol/model/arguments.ts";

const textsOf = (schema: Parameters, values: Record<string, unknown>, operator: string) =>
  scriptArguments(schema, values, operator).map(({ text }) => text);

const schema = {
  name: { type: "string", position: 1 },
  count: { type: "integer", position: 0 },
  flag: { type: "boolean", position: 2 },
  list: { type: "array", position: 3 },
  map: { type: "object", position: 4 },
};

describe("a script's arguments", () => {
  it("stand by position, in StackStorm's text for each type", () => {
    const values = { name: "Ann B", count: 3, flag: true, list: ["a", 1], map: { b: [1, null] } };
    expect(textsOf(schema, values, "--")).toEqual(["3", "Ann B", "1", "a,1", '{"b":[1,null]}']);
  });

  it("are empty for a position without a value, and for an integer 0", () => {
    expect(textsOf(schema, { count: 0, flag: false }, "--")).toEqual(["", "", "0", "", ""]);
  });

  it("are empty for a position without a value whose name is that of a property of each object", () => {
    expect(textsOf({ toString: { position: 0 }, valueOf: { position: 1 } }, {}, "--")).toEqual(["", ""]);
  });

  it("stand by name before those by position, with the runner's operator", () => {
    const own = { position0: { position: 0 }, verbose: {}, quiet: {}, level: {}, text: {}, none: {} };
    const values = { position0: "p", verbose: true, quiet: false, level: 2, text: "a b'c", none: null };
    expect(textsOf(own, values, "-")).toEqual(["-verbose", "-level=2", "-text=a b'c", "p"]);
  });

  it("show lists and objects by name as Python does", () => {
    const values = { list: ["it's", 'say "x"', true, null, 1.5], map: { a: { b: false } }, both: [`'"`] };
    expect(textsOf({ list: {}, map: {}, both: {} }, values, "--")).toEqual([
      `--list=["it's", 'say "x"', True, None, 1.5]`,
      "--map={'a': {'b': False}}",
      `--both=['\\'"']`,
    ]);
  });
});
