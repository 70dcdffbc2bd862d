import { isExact } from "../base/numbers.ts";
import type { Budget } from "../jinja/values/budget.ts";
import { orderOf } from "../jinja/values/compare.ts";
import { TemplateError } from "../jinja/values/errors.ts";
import { exactText, floatText, textIn } from "../jinja/values/numbers.ts";
import { typeName } from "../jinja/values/types.ts";
import { Dict, Tuple, type Value } from "../jinja/values/values.ts";
import { YamlWriter } from "./yaml-writer.ts";

export interface YamlLayout {
  /** Spaces by which each level is indented. */
  indent: number | undefined;
  has_unicode: boolean;
}

/** The indents that libyaml takes; any other becomes the first. */
const INDENT_MIN = 2;
const INDENT_MAX = 9;

/** Characters of a key that stands on one line with its value. */
const KEY_CHARS_MAX = 128;

/** A value as YAML, as PyYAML writes it with libyaml: in blocks, with sorted keys. */
export function yamlText(
  value: Value,
  { indent = INDENT_MIN, has_unicode }: YamlLayout,
  budget: Budget,
): string {
  const step = indent < INDENT_MIN || indent > INDENT_MAX ? INDENT_MIN : indent;
  const writer = new YamlWriter(has_unicode, budget);

  function write(one: Value, level: number, is_in_object: boolean): void {
    budget.deeper(() => {
      if (one instanceof Dict && one.size > 0) writeObject(one, level, is_in_object);
      else if (Array.isArray(one) && one.length > 0) writeList(one, level, is_in_object);
      else if (one instanceof Tuple && one.items.length > 0) writeList(one.items, level, is_in_object);
      else writeScalar(one, Math.max(level, 0) + (level < 0 ? 0 : step), false);
    });
  }

  function writeList(items: readonly Value[], level: number, is_in_object: boolean): void {
    // A list in an object is not indented.
    const column = level < 0 ? 0 : is_in_object ? level : level + step;
    for (const item of items) {
      writer.indent(column);
      writer.sign("-");
      write(item, column, false);
    }
  }

  function writeObject(dict: Dict, level: number, _is_in_object: boolean): void {
    const column = level < 0 ? 0 : level + step;
    for (const [key, item] of sortedEntries(dict, budget)) {
      writer.indent(column);
      const text = scalarText(key);
      if (text.length > KEY_CHARS_MAX || /[\n\u0085\u2028\u2029]/.test(text)) {
        writer.sign("?");
        writeScalar(key, column + step, false);
        writer.indent(column);
        writer.sign(":");
      } else {
        writeScalar(key, column, true);
        writer.colon();
      }
      write(item, column, true);
    }
  }

  function writeScalar(one: Value, column: number, is_key: boolean): void {
    const text = textIn(one);
    const style = text === undefined ? "plain" : writer.styleOf(text);
    writer.scalar(text ?? scalarText(one), style, column, is_key);
  }

  write(value, -1, false);
  return writer.text;
}

function scalarText(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (isExact(value)) return withPoint(exactText(value));
  if (typeof value === "number") return withPoint(floatText(value));
  if (value instanceof Dict) return "{}";
  if (Array.isArray(value) || value instanceof Tuple) return "[]";
  const text = textIn(value);
  if (text !== undefined) return text;
  throw new TemplateError(`cannot represent an object of type ${typeName(value)}`);
}

const NAMED: Record<string, string> = { inf: ".inf", "-inf": "-.inf", nan: ".nan" };

/** YAML 1.1 reads no `1e-07` as a number. */
function withPoint(text: string): string {
  return NAMED[text] ?? (text.includes(".") ? text : text.replace("e", ".0e"));
}

/** Keys that cannot be compared stay in their order. */
function sortedEntries(dict: Dict, budget: Budget): [Value, Value][] {
  const entries = [...dict.entries()];
  try {
    return entries.sort(([a], [b]) => orderOf(a, b, "<", budget));
  } catch (error) {
    if (error instanceof TemplateError) return [...dict.entries()];
    throw error;
  }
}
