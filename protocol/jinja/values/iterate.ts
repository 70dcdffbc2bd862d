import type { Budget } from "./budget.ts";
import { TemplateError } from "./errors.ts";
import { hold, textIn } from "./numbers.ts";
import { typeName } from "./types.ts";
import { Dict, Thing, Tuple, Undefined, type Value } from "./values.ts";

/** What a loop over a value gives; undefined for a value that has no items. */
export function itemsIn(value: Value): Iterable<Value> | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Undefined) return value.strictness === "lenient" ? [] : value.fail();
  const text = textIn(value);
  if (text !== undefined) return text;
  if (value instanceof Tuple) return value.items;
  if (value instanceof Dict) return value.keys();
  return value instanceof Thing ? value.can.items?.() : undefined;
}

/** The items of a value. Throws for a value that has none. */
export function itemsOf(value: Value): Iterable<Value> {
  const items = itemsIn(value);
  if (!items) throw new TemplateError(`'${typeName(value)}' object is not iterable`);
  return items;
}

/** A value's items as a list of their own. */
export function listOf(value: Value, budget: Budget): Value[] {
  const list: Value[] = [];
  for (const item of itemsOf(value)) {
    budget.items(1);
    hold(item, budget);
    list.push(item);
  }
  return list;
}

/** How many items a value has; undefined for a value without a length. */
export function sizeIn(value: Value): number | undefined {
  if (value instanceof Undefined) return value.strictness === "lenient" ? 0 : value.fail();
  const text = textIn(value);
  if (text !== undefined) return charactersIn(text);
  if (Array.isArray(value)) return value.length;
  if (value instanceof Tuple) return value.items.length;
  if (value instanceof Dict) return value.size;
  return value instanceof Thing ? value.can.size?.() : undefined;
}

export function sizeOf(value: Value): number {
  const size = sizeIn(value);
  if (size === undefined) throw new TemplateError(`object of type '${typeName(value)}' has no len()`);
  return size;
}

const PAIR = /[\ud800-\udbff][\udc00-\udfff]/g;

/** The number of characters as Python counts them. */
export function charactersIn(text: string): number {
  let pairs = 0;
  PAIR.lastIndex = 0;
  while (PAIR.test(text)) pairs++;
  return text.length - pairs;
}

/** Whether the platform and Python count this text's characters alike. */
export function isPlain(text: string): boolean {
  PAIR.lastIndex = 0;
  return !PAIR.test(text);
}
