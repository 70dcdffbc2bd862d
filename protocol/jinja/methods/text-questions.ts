import type { Budget } from "../values/budget.ts";
import { TemplateError } from "../values/errors.ts";
import { textIn, wholeIn } from "../values/numbers.ts";
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
    ({ budget }, text, suffix: Value, start?: Value, end?: Value) =>
      hasEdge(budget, text, suffix, "endsWith", start, end),
  ],
  find: [
    "sub start? end?",
    ({ budget }, text, sub: Value, start?: Value, end?: Value) =>
      BigInt(findIn(budget, text, given(sub), "first", start, end)),
  ],
  index: [
    "sub start? end?",
    ({ budget }, text, sub: Value, start?: Value, end?: Value) =>
      found(findIn(budget, text, given(sub), "first", start, end)),
  ],
  rfind: [
    "sub start? end?",
    ({ budget }, text, sub: Value, start?: Value, end?: Value) =>
      BigInt(findIn(budget, text, given(sub), "last", start, end)),
  ],
  rindex: [
    "sub start? end?",
    ({ budget }, text, sub: Value, start?: Value, end?: Value) =>
      found(findIn(budget, text, given(sub), "last", start, end)),
  ],
  isalnum: ["", (_, text) => /^[\p{L}\p{N}]+$/u.test(text)],
  isalpha: ["", (_, text) => /^\p{L}+$/u.test(text)],
  isascii: ["", (_, text) => !/[^\0-\x7f]/.test(text)],
  isdecimal: ["", (_, text) => /^\p{Nd}+$/u.test(text)],
  // Escapes, because V8 holds a program in twice the memory for one character that Latin 1 lacks.
  isdigit: [
    "",
    (_, text) => /^[\p{Nd}\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468]+$/u.test(text),
  ],
  isidentifier: ["", (_, text) => /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u.test(text)],
  islower: ["", (_, text) => text !== text.toUpperCase() && text === text.toLowerCase()],
  isnumeric: ["", (_, text) => /^\p{N}+$/u.test(text)],
  isprintable: ["", (_, text) => !/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(text)],
  isspace: ["", (_, text) => /^\s+$/.test(text)],
  istitle: ["", (_, text) => text !== text.toLowerCase() && text === titled(text)],
  isupper: ["", (_, text) => text !== text.toLowerCase() && text === text.toUpperCase()],
  startswith: [
    "prefix start? end?",
    ({ budget }, text, prefix: Value, start?: Value, end?: Value) =>
      hasEdge(budget, text, prefix, "startsWith", start, end),
  ],
};

function found(at: number): bigint {
  if (at < 0) throw new TemplateError("substring not found");
  return BigInt(at);
}

/** The platform compares texts faster than it makes them. */
const EDGE_SHARE = 16;

/** Characters that are read in the time of one comparison. */
const EDGE_CHARS = 32;

function hasEdge(
  budget: Budget,
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
  for (const one of edges) budget.read((textIn(one)?.length ?? 0) / EDGE_SHARE + EDGE_CHARS);
  return edges.some((one) =>
    part[kind](given(one, `${kind.toLowerCase()} first arg must be str or a tuple of str`)),
  );
}
