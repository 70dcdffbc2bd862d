import { calculated } from "../operators/arithmetic.ts";
import type { Comparison } from "../syntax/nodes.ts";
import { isEqual } from "../values/compare.ts";
import { itemsIn, sizeIn } from "../values/iterate.ts";
import { isFloat, numberIn, textIn } from "../values/numbers.ts";
import { textOf } from "../values/print.ts";
import { type Native, native } from "../values/run.ts";
import { Dict, Markup, Thing, Undefined, type Value } from "../values/values.ts";
import { holds, isIn } from "./evaluate.ts";

/** Jinja's own tests. */
export const TESTS: Record<string, Native> = {
  boolean: asking((value) => typeof value === "boolean"),
  callable: asking((value) => value instanceof Thing && value.can.call !== undefined),
  defined: asking((value) => !(value instanceof Undefined)),
  undefined: asking((value) => value instanceof Undefined),
  escaped: asking((value) => value instanceof Markup),
  false: asking((value) => value === false),
  true: asking((value) => value === true),
  float: asking(isFloat),
  integer: asking((value) => typeof value === "bigint"),
  iterable: asking((value) => itemsIn(value) !== undefined),
  mapping: asking((value) => value instanceof Dict),
  none: asking((value) => value === null),
  number: asking((value) => numberIn(value) !== undefined),
  sequence: asking(isSequence),
  string: asking((value) => textIn(value) !== undefined),
  lower: native("test_lower", "value", ({ budget }, value: Value) => {
    const text = textOf(value, budget);
    return text !== text.toUpperCase() && text === text.toLowerCase();
  }),
  upper: native("test_upper", "value", ({ budget }, value: Value) => {
    const text = textOf(value, budget);
    return text !== text.toLowerCase() && text === text.toUpperCase();
  }),
  divisibleby: native("test_divisibleby", "value num", ({ budget }, value: Value, by: Value) =>
    isEqual(calculated("%", value, by, budget), 0n, budget),
  ),
  even: native("test_even", "value", ({ budget }, value: Value) =>
    isEqual(calculated("%", value, 2n, budget), 0n, budget),
  ),
  odd: native("test_odd", "value", ({ budget }, value: Value) =>
    isEqual(calculated("%", value, 2n, budget), 1n, budget),
  ),
  filter: native("test_filter", "value", (run, value: Value) => run.has("filter", textOf(value, run.budget))),
  test: native("test_test", "value", (run, value: Value) => run.has("test", textOf(value, run.budget))),
  in: native("test_in", "value seq", (run, value: Value, container: Value) => isIn(run, value, container)),
  sameas: native("test_sameas", "value other", (_, value: Value, other: Value) => value === other),
  ...comparisons({
    "==": ["eq", "equalto", "=="],
    "!=": ["ne", "!="],
    ">": ["gt", "greaterthan", ">"],
    ">=": ["ge", ">="],
    "<": ["lt", "lessthan", "<"],
    "<=": ["le", "<="],
  }),
};

function asking(ask: (value: Value) => boolean): Native {
  return native("test", "value", (_, value: Value) => ask(value));
}

function comparisons(names: Partial<Record<Comparison, string[]>>): Record<string, Native> {
  const entries = Object.entries(names).flatMap(([sign, all]) =>
    all.map((name): [string, Native] => [
      name,
      native(name, "a b", (run, a: Value, b: Value) => holds(run, a, sign as Comparison, b)),
    ]),
  );
  return Object.fromEntries(entries);
}

function isSequence(value: Value): boolean {
  if (sizeIn(value) === undefined) return false;
  return !(value instanceof Thing) || value.can.at !== undefined;
}
