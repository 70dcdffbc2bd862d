import { isExact, isStructure, numberOf } from "../../base/numbers.ts";
import { type Budget, OBJECT_ITEMS } from "./budget.ts";
import { TemplateError } from "./errors.ts";
import { floatText, wholeOfDigits } from "./numbers.ts";
import { literalOf, textOf } from "./print.ts";
import { Dict, Markup, Thing, Tuple, Undefined, type Value } from "./values.ts";

/** A value of JSON, or a map with other keys than texts, for a template. Lists and objects are copied: a template may change them. */
export function fromJson(value: unknown, budget: Budget): Value {
  budget.spend(1);
  if (typeof value === "boolean") return value;
  if (typeof value === "string") {
    budget.hold(value.length);
    return value;
  }
  if (typeof value === "number") return fromNumber(String(value), value);
  if (isExact(value)) return fromNumber(String(value), value);
  if (Array.isArray(value)) {
    budget.items(value.length);
    return budget.deeper(() => value.map((item) => fromJson(item, budget)));
  }
  if (!isStructure(value)) return null;
  if (value instanceof Map) {
    const pairs = [...value].map(([key, item]) => [fromJson(key, budget), fromJson(item, budget)] as const);
    budget.items(2 * pairs.length + OBJECT_ITEMS);
    return new Dict(pairs);
  }
  const entries = Object.entries(value);
  budget.items(2 * entries.length + OBJECT_ITEMS);
  return budget.deeper(() => new Dict(entries.map(([key, item]) => [key, fromJson(item, budget)])));
}

function fromNumber<T>(digits: string, value: T): bigint | T {
  return /^-?\d+$/.test(digits) ? wholeOfDigits(digits) : value;
}

/** A template's value as one of JSON: a text for what JSON does not have, null for what is undefined. */
export function toJson(value: Value, budget: Budget): unknown {
  budget.spend(1);
  if (value === null || typeof value === "string" || typeof value === "boolean" || isExact(value))
    return value;
  if (typeof value === "bigint") return numberOf(literalOf(value, budget));
  if (typeof value === "number") return numberOf(floatText(value)) ?? value;
  if (value instanceof Markup) return value.text;
  if (value instanceof Undefined) return value.strictness === "lenient" ? "" : value.fail();
  if (value instanceof Dict) {
    const entries = [...value.entries()];
    budget.items(2 * entries.length + OBJECT_ITEMS);
    return budget.deeper(() =>
      Object.fromEntries(entries.map(([key, item]) => [jsonKey(key, budget), toJson(item, budget)])),
    );
  }
  if (value instanceof Thing) return literalOf(value, budget);
  const items = value instanceof Tuple ? value.items : value;
  budget.items(items.length);
  return budget.deeper(() => items.map((item) => toJson(item, budget)));
}

/** A key as Python's `json` writes it. */
export function jsonKey(key: Value, budget: Budget): string {
  if (key === null) return "null";
  if (typeof key === "boolean") return String(key);
  if (key instanceof Tuple) throw new TemplateError("keys must be str, int, float, bool or None, not tuple");
  return textOf(key, budget);
}
