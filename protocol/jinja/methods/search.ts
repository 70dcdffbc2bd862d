import type { Budget } from "../values/budget.ts";
import { TemplateError } from "../values/errors.ts";
import { charactersIn, isPlain } from "../values/iterate.ts";
import { textIn, wholeIn } from "../values/numbers.ts";
import { typeName } from "../values/types.ts";
import type { Value } from "../values/values.ts";

/** Where a part begins in a text, counted in characters; -1 where it does not. */
export function findIn(
  budget: Budget,
  text: string,
  part: string,
  which: "first" | "last",
  start?: Value,
  end?: Value,
): number {
  budget.search(text.length, part.length);
  const { from, to } = limits(text, start, end);
  const inside = text.slice(0, to);
  const at = which === "first" ? inside.indexOf(part, from) : inside.lastIndexOf(part);
  if (at < from || from > to) return -1;
  return isPlain(text) ? at : charactersIn(text.slice(0, at));
}

/** How often a part is in a text, without overlaps. */
export function countIn(budget: Budget, text: string, part: string, start?: Value, end?: Value): number {
  budget.search(text.length, part.length);
  const { from, to } = limits(text, start, end);
  if (from > to) return 0;
  const inside = text.slice(from, to);
  if (part === "") return charactersIn(inside) + 1;
  let count = 0;
  for (let at = inside.indexOf(part); at !== -1; at = inside.indexOf(part, at + part.length)) {
    budget.spend(1);
    count++;
  }
  return count;
}

/** Python's limits of a text, as places of the platform. */
function limits(text: string, start: Value = null, end: Value = null): { from: number; to: number } {
  if (start === null && end === null) return { from: 0, to: text.length };
  const characters = isPlain(text) ? undefined : [...text];
  const length = characters?.length ?? text.length;
  const place = (value: Value, without: number) => {
    const at = value === null ? without : wholeIn(value);
    return at < 0 ? Math.max(length + at, 0) : at;
  };
  const widthOf = (count: number) =>
    characters ? characters.slice(0, count).join("").length + Math.max(count - length, 0) : count;
  return { from: widthOf(place(start, 0)), to: widthOf(place(end, length)) };
}

/** The parts of a text, from one of its sides on; at white space where there is no separator. */
export function splitFrom(
  budget: Budget,
  text: string,
  by: Value,
  most: number,
  side: "left" | "right",
): Value[] {
  budget.search(text.length, textIn(by)?.length ?? 0);
  const parts = by === null ? wordsOf(text, most, side) : partsOf(text, separatorOf(by), most, side);
  budget.items(parts.length);
  budget.read(text.length);
  budget.hold(text.length);
  return parts;
}

function separatorOf(value: Value): string {
  const separator = textIn(value);
  if (separator === undefined) throw new TemplateError(`must be str or None, not ${typeName(value)}`);
  if (separator === "") throw new TemplateError("empty separator");
  return separator;
}

function partsOf(text: string, separator: string, most: number, side: "left" | "right"): string[] {
  const parts = text.split(separator);
  if (most < 0 || parts.length <= most + 1) return parts;
  if (side === "left") return [...parts.slice(0, most), parts.slice(most).join(separator)];
  const cut = parts.length - most;
  return [parts.slice(0, cut).join(separator), ...parts.slice(cut)];
}

function wordsOf(text: string, most: number, side: "left" | "right"): string[] {
  // Without their places, which take ten times the memory.
  if (most < 0) return text.match(/\S+/g) ?? [];
  const words = [...text.matchAll(/\S+/g)];
  if (words.length <= most + 1) return words.map(([word]) => word);
  if (side === "left") {
    const rest = text.slice(words[most]?.index).trimEnd();
    return [...words.slice(0, most).map(([word]) => word), rest];
  }
  const last = words[words.length - most - 1];
  const head = text.slice(0, (last?.index ?? 0) + (last?.[0].length ?? 0)).trimStart();
  return [head, ...words.slice(words.length - most).map(([word]) => word)];
}
