import { TemplateError } from "../values/errors.ts";
import { wholeIn } from "../values/numbers.ts";
import { Tuple, type Value } from "../values/values.ts";
import { titled } from "./cases.ts";
import { given } from "./given.ts";
import type { Methods } from "./method.ts";
import { countIn, findIn } from "./search.ts";

/** Methods that ask something of a text. */
export const TEXT_QUESTIONS: Methods<string> = {
  count: [
    "sub start? end?",
    ({ budget }, text, sub: Value, start?: Value, end?: Value) =>
      BigInt(countIn(budget, text, given(sub), start, end)),
  ],
  endswith: [
    "suffix start? end?",
    (_, text, suffix: Value, start?: Value, end?: Value) => hasEdge(text, suffix, "endsWith", start, end),
  ],
  find: [
    "sub start? end?",
    (_, text, sub: Value, start?: Value, end?: Value) =>
      BigInt(findIn(text, given(sub), "first", start, end)),
  ],
  index: [
    "sub start? end?",
    (_, text, sub: Value, start?: Value, end?: Value) => found(findIn(text, given(sub), "first", start, end)),
  ],
  rfind: [
    "sub start? end?",
    (_, text, sub: Value, start?: Value, end?: Value) => BigInt(findIn(text, given(sub), "last", start, end)),
  ],
  rindex: [
    "sub start? end?",
    (_, text, sub: Value, start?: Value, end?: Value) => found(findIn(text, given(sub), "last", start, end)),
  ],
  isalnum: ["", (_, text) => /^[\p{L}\p{N}]+$/u.test(text)],
  isalpha: ["", (_, text) => /^\p{L}+$/u.test(text)],
  isascii: ["", (_, text) => !/[^\0-\x7f]/.test(text)],
  isdecimal: ["", (_, text) => /^\p{Nd}+$/u.test(text)],
  isdigit: ["", (_, text) => /^[\p{Nd}²³¹⁰⁴-⁹₀-₉①-⑨]+$/u.test(text)],
  isidentifier: ["", (_, text) => /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u.test(text)],
  islower: ["", (_, text) => text !== text.toUpperCase() && text === text.toLowerCase()],
  isnumeric: ["", (_, text) => /^\p{N}+$/u.test(text)],
  isprintable: ["", (_, text) => !/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(text)],
  isspace: ["", (_, text) => /^\s+$/.test(text)],
  istitle: ["", (_, text) => text !== text.toLowerCase() && text === titled(text)],
  isupper: ["", (_, text) => text !== text.toLowerCase() && text === text.toUpperCase()],
  startswith: [
    "prefix start? end?",
    (_, text, prefix: Value, start?: Value, end?: Value) => hasEdge(text, prefix, "startsWith", start, end),
  ],
};

function found(at: number): bigint {
  if (at < 0) throw new TemplateError("substring not found");
  return BigInt(at);
}

function hasEdge(
  text: string,
  edge: Value,
  kind: "startsWith" | "endsWith",
  start?: Value,
  end?: Value,
): boolean {
  const part =
    start === undefined && end === undefined
      ? text
      : text.slice(wholeIn(start ?? 0n), end === undefined || end === null ? undefined : wholeIn(end));
  const edges = edge instanceof Tuple ? edge.items : [edge];
  return edges.some((one) =>
    part[kind](given(one, `${kind.toLowerCase()} first arg must be str or a tuple of str`)),
  );
}
