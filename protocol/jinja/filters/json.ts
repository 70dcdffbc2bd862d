import { isExact } from "../../base/numbers.ts";
import type { Budget } from "../values/budget.ts";
import { orderOf } from "../values/compare.ts";
import { TemplateError } from "../values/errors.ts";
import { jsonKey } from "../values/exchange.ts";
import { exactText, floatText, textIn } from "../values/numbers.ts";
import { literalOf } from "../values/print.ts";
import { typeName } from "../values/types.ts";
import { Dict, Tuple, type Value } from "../values/values.ts";

export interface JsonLayout {
  /** What each level is indented by; without it, one line. */
  indent?: string | undefined;
  sort_keys?: boolean;
  comma: string;
  colon: string;
}

/** JSON as Python's `json.dumps` writes it: all in ASCII, with its spaces. */
export function jsonText(value: Value, layout: JsonLayout, budget: Budget): string {
  return written(value, layout, 1, budget);
}

function written(value: Value, layout: JsonLayout, depth: number, budget: Budget): string {
  budget.spend(1);
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "bigint") return literalOf(value, budget);
  if (isExact(value)) return exactText(value);
  if (typeof value === "number") return numberText(value);
  const text = textIn(value);
  if (text !== undefined) return quotedJson(text, budget);
  if (Array.isArray(value) || value instanceof Tuple) {
    const items = value instanceof Tuple ? value.items : value;
    return budget.deeper(() =>
      laidOut(
        "[",
        "]",
        items.map((item) => written(item, layout, depth + 1, budget)),
        layout,
        depth,
        budget,
      ),
    );
  }
  if (!(value instanceof Dict))
    throw new TemplateError(`Object of type ${typeName(value)} is not JSON serializable`);
  const entries = [...value.entries()];
  if (layout.sort_keys) entries.sort(([a], [b]) => orderOf(a, b, "<", budget));
  const items = budget.deeper(() =>
    entries.map(
      ([key, item]) =>
        quotedJson(jsonKey(key, budget), budget) + layout.colon + written(item, layout, depth + 1, budget),
    ),
  );
  return laidOut("{", "}", items, layout, depth, budget);
}

function laidOut(
  open: string,
  close: string,
  items: string[],
  { indent, comma }: JsonLayout,
  depth: number,
  budget: Budget,
): string {
  if (items.length === 0) return open + close;
  const line_chars = indent === undefined ? 0 : 1 + indent.length * depth;
  budget.text(
    items.reduce((sum, item) => sum + item.length, line_chars) + items.length * (line_chars + comma.length),
  );
  if (indent === undefined) return open + items.join(comma) + close;
  const line = `\n${indent.repeat(depth)}`;
  return `${open}${line}${items.join(comma + line)}\n${indent.repeat(depth - 1)}${close}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return floatText(value);
}

const SHORT: Record<string, string> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\f": "\\f",
  "\b": "\\b",
  '"': '\\"',
  "\\": "\\\\",
};

function quotedJson(text: string, budget: Budget): string {
  budget.text(text.length);
  const escaped = text.replace(
    /[^ -~]|["\\]/g,
    (sign) => SHORT[sign] ?? `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return budget.made(`"${escaped}"`);
}
