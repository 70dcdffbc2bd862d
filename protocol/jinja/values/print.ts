import { isExact } from "../../base/numbers.ts";
import type { Budget } from "./budget.ts";
import { bounded, exactText, floatText, isLong } from "./numbers.ts";
import { Dict, Markup, Thing, Tuple, Undefined, type Value } from "./values.ts";

/** Steps of a whole number of many digits. */
const LONG_STEPS = 2_048;

/** A value as Python's `str` has it. */
export function textOf(value: Value, budget: Budget): string {
  if (typeof value === "string") return value;
  if (value instanceof Markup) return value.text;
  if (value instanceof Undefined) return value.strictness === "lenient" ? "" : value.fail();
  return literalOf(value, budget);
}

/** A value as Python's `repr` has it. */
export function literalOf(value: Value, budget: Budget): string {
  budget.spend(1);
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "bigint") {
    if (!isLong(value)) return String(value);
    budget.spend(LONG_STEPS);
    return budget.made(String(bounded(value)));
  }
  if (typeof value === "number") return floatText(value);
  if (typeof value === "string") return budget.made(quoted(value));
  if (value instanceof Markup) return budget.made(`Markup(${quoted(value.text)})`);
  if (isExact(value)) return exactText(value);
  if (value instanceof Undefined) return "Undefined";
  return budget.deeper(() => structureText(value, budget));
}

function structureText(
  value: Exclude<Value, null | boolean | number | bigint | string>,
  budget: Budget,
): string {
  const literal = (item: Value) => literalOf(item, budget);
  if (Array.isArray(value)) return budget.made(`[${value.map(literal).join(", ")}]`);
  if (value instanceof Tuple) return budget.made(tupleText(value.items.map(literal)));
  if (value instanceof Dict) {
    const items = [...value.entries()].map(([key, item]) => `${literal(key)}: ${literal(item)}`);
    return budget.made(`{${items.join(", ")}}`);
  }
  return value instanceof Thing ? budget.made(value.shown()) : String(value);
}

/** The text of a tuple of literals. */
export function tupleText(literals: string[]): string {
  return literals.length === 1 ? `(${literals[0]},)` : `(${literals.join(", ")})`;
}

/** Characters that Python writes as escapes: those that have no picture. */
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

const SHORT: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A text in quotes, as Python writes it in its source. */
export function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll(quote, `\\${quote}`)
    .replace(HIDDEN, (character) => SHORT[character] ?? escapeOf(character.codePointAt(0) ?? 0));
  return quote + escaped + quote;
}

function escapeOf(code: number): string {
  const digits = code.toString(16);
  if (code <= 0xff) return `\\x${digits.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}
