import type { Budget } from "../values/budget.ts";
import { orderOf } from "../values/compare.ts";
import { TemplateError } from "../values/errors.ts";
import { literalOf } from "../values/print.ts";
import { Dict, Tuple, type Value } from "../values/values.ts";

/** Characters of a line. */
const WIDTH = 80;

/** A value as Python's `pprint` lays it out, with sorted keys. */
export function pretty(value: Value, budget: Budget): string {
  return laidOut(value, 0, 0, budget);
}

function laidOut(value: Value, indent: number, behind: number, budget: Budget): string {
  const line = literalOf(withSortedKeys(value, budget), budget);
  if (line.length <= WIDTH - indent - behind) return line;
  const isTuple = value instanceof Tuple;
  if (Array.isArray(value) || isTuple) {
    const items = isTuple ? value.items : value;
    const [open, close] = isTuple ? ["(", items.length === 1 ? ",)" : ")"] : ["[", "]"];
    return open + parts(items, indent + 1, close.length + behind, budget) + close;
  }
  if (!(value instanceof Dict)) return line;
  const entries = sortedEntries(value, budget).map(([key, item], at, all) => {
    const shown = `${literalOf(key, budget)}: `;
    const end = at === all.length - 1 ? 1 + behind : 1;
    return shown + laidOut(item, indent + 1 + shown.length, end, budget);
  });
  return `{${linesOf(entries, indent + 1, budget)}}`;
}

function parts(items: readonly Value[], indent: number, behind: number, budget: Budget): string {
  return budget.deeper(() => {
    const shown = items.map((item, at) =>
      laidOut(item, indent, at === items.length - 1 ? behind : 1, budget),
    );
    return linesOf(shown, indent, budget);
  });
}

/** Parts on lines of their own. A long key makes a wide indent. */
function linesOf(shown: string[], indent: number, budget: Budget): string {
  const end_chars = ",\n".length + indent;
  budget.text(shown.reduce((sum, one) => sum + one.length + end_chars, end_chars));
  return shown.join(`,\n${" ".repeat(indent)}`);
}

function withSortedKeys(value: Value, budget: Budget): Value {
  budget.items(1);
  return budget.deeper(() => {
    if (Array.isArray(value)) return value.map((item) => withSortedKeys(item, budget));
    if (value instanceof Tuple) return new Tuple(value.items.map((item) => withSortedKeys(item, budget)));
    if (!(value instanceof Dict)) return value;
    return new Dict(
      sortedEntries(value, budget).map(([key, item]) => [key, withSortedKeys(item, budget)] as const),
    );
  });
}

/** Keys that cannot be compared stay in their order. */
function sortedEntries(dict: Dict, budget: Budget): [Value, Value][] {
  try {
    return [...dict.entries()].sort(([a], [b]) => orderOf(a, b, "<", budget));
  } catch (error) {
    if (error instanceof TemplateError) return [...dict.entries()];
    throw error;
  }
}
