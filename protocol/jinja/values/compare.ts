import type { Budget } from "./budget.ts";
import { TemplateError } from "./errors.ts";
import { numberIn, textIn } from "./numbers.ts";
import { typeName } from "./types.ts";
import { Dict, Thing, Tuple, Undefined, type Value } from "./values.ts";

/** Steps of one comparison. */
const COMPARISON_STEPS = 4;

/** The platform compares texts faster than it makes them. */
const READ_SHARE = 16;

/** Whether Python takes a value for true. */
export function isTrue(value: Value): boolean {
  if (value === null) return false;
  if (value instanceof Undefined) return value.strictness === "lenient" ? false : value.fail();
  const number = numberIn(value);
  if (number !== undefined) return Boolean(number);
  const text = textIn(value);
  if (text !== undefined) return text !== "";
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Tuple) return value.items.length > 0;
  if (value instanceof Dict) return value.size > 0;
  return value instanceof Thing && value.can.size ? value.can.size() > 0 : true;
}

/** Whether two values are equal. */
export function isEqual(a: Value, b: Value, budget: Budget): boolean {
  budget.spend(COMPARISON_STEPS);
  if (a instanceof Undefined || b instanceof Undefined) return undefinedEqual(a, b);
  const [number, other] = [numberIn(a), numberIn(b)];
  // biome-ignore lint/suspicious/noDoubleEquals: a whole number may equal a float
  if (number !== undefined && other !== undefined) return number == other;
  const text = textIn(a);
  if (text !== undefined) {
    budget.read(text.length / READ_SHARE);
    return text === textIn(b);
  }
  if (Array.isArray(a)) return Array.isArray(b) && areEqual(a, b, budget);
  if (a instanceof Tuple) return b instanceof Tuple && areEqual(a.items, b.items, budget);
  if (a instanceof Dict && b instanceof Dict) {
    if (a.size !== b.size) return false;
    return [...a.entries()].every(([key, value]) => {
      const same = b.get(key);
      return same !== undefined && budget.deeper(() => isEqual(value, same, budget));
    });
  }
  return a === b;
}

function undefinedEqual(a: Value, b: Value): boolean {
  for (const one of [a, b]) if (one instanceof Undefined && one.strictness !== "lenient") one.fail();
  return a instanceof Undefined && b instanceof Undefined;
}

function areEqual(a: readonly Value[], b: readonly Value[], budget: Budget): boolean {
  if (a.length !== b.length) return false;
  return budget.deeper(() => a.every((item, at) => isEqual(item, b[at] ?? null, budget)));
}

/** The order of two values: below, at or above zero, or NaN for none. Throws, with the operator's name, for values without an order. */
export function orderOf(a: Value, b: Value, operator: string, budget: Budget): number {
  budget.spend(COMPARISON_STEPS);
  for (const one of [a, b]) if (one instanceof Undefined) one.fail();
  const [number, other] = [numberIn(a), numberIn(b)];
  if (number !== undefined && other !== undefined) {
    if (number < other) return -1;
    if (number > other) return 1;
    // biome-ignore lint/suspicious/noDoubleEquals: a whole number may equal a float
    return number == other ? 0 : Number.NaN;
  }
  const [text, otherText] = [textIn(a), textIn(b)];
  if (text !== undefined && otherText !== undefined) {
    budget.read(Math.min(text.length, otherText.length) / READ_SHARE);
    return textOrder(text, otherText);
  }
  if (Array.isArray(a) && Array.isArray(b)) return listOrder(a, b, operator, budget);
  if (a instanceof Tuple && b instanceof Tuple) return listOrder(a.items, b.items, operator, budget);
  throw new TemplateError(
    `'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`,
  );
}

function listOrder(a: readonly Value[], b: readonly Value[], operator: string, budget: Budget): number {
  return budget.deeper(() => {
    for (const [at, item] of a.entries()) {
      const other = b[at];
      if (other === undefined) return 1;
      if (!isEqual(item, other, budget)) return orderOf(item, other, operator, budget);
    }
    return a.length - b.length;
  });
}

const SURROGATE = /[\ud800-\udfff]/;

/** Python orders texts by their characters, and the platform by halves of them. */
function textOrder(a: string, b: string): number {
  if (a === b) return 0;
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : 1;
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at === -1) return -1;
  return (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1);
}
