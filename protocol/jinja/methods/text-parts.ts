import type { Budget } from "../values/budget.ts";
import { isTrue } from "../values/compare.ts";
import { TemplateError } from "../values/errors.ts";
import { listOf } from "../values/iterate.ts";
import { textIn, wholeIn } from "../values/numbers.ts";
import { typeName } from "../values/types.ts";
import { Tuple, type Value } from "../values/values.ts";
import { given } from "./given.ts";
import type { Methods } from "./method.ts";
import { splitFrom } from "./search.ts";

/** Methods that take a text apart, or put one together. */
export const TEXT_PARTS: Methods<string> = {
  join: [
    "iterable",
    ({ budget }, text, items: Value) => {
      const texts = listOf(items, budget).map((item, at) => {
        const one = textIn(item);
        if (one !== undefined) return one;
        throw new TemplateError(`sequence item ${at}: expected str instance, ${typeName(item)} found`);
      });
      budget.text(texts.reduce((sum, one) => sum + one.length, 0) + text.length * texts.length);
      return texts.join(text);
    },
  ],
  partition: [
    "sep",
    ({ budget }, text, separator: Value) => {
      budget.search(text.length, given(separator).length);
      return partition(text, given(separator), text.indexOf(given(separator)), false);
    },
  ],
  rpartition: [
    "sep",
    ({ budget }, text, separator: Value) => {
      budget.search(text.length, given(separator).length);
      return partition(text, given(separator), text.lastIndexOf(given(separator)), true);
    },
  ],
  split: [
    "sep? maxsplit?",
    (run, text, separator: Value = null, most: Value = -1n) =>
      splitFrom(run.budget, text, separator, wholeIn(most), "left"),
  ],
  rsplit: [
    "sep? maxsplit?",
    (run, text, separator: Value = null, most: Value = -1n) =>
      splitFrom(run.budget, text, separator, wholeIn(most), "right"),
  ],
  splitlines: ["keepends?", ({ budget }, text, keeps: Value = false) => linesOf(budget, text, isTrue(keeps))],
};

function partition(text: string, separator: string, at: number, is_last: boolean): Tuple {
  if (separator === "") throw new TemplateError("empty separator");
  if (at === -1) return new Tuple(is_last ? ["", "", text] : [text, "", ""]);
  return new Tuple([text.slice(0, at), separator, text.slice(at + separator.length)]);
}

/** The characters at which Python ends a line. */
const LINE_END = "\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]";

function linesOf(budget: Budget, text: string, with_ends: boolean): string[] {
  budget.hold(text.length);
  const lines: string[] = [];
  let at = 0;
  for (const { 0: end, index } of text.matchAll(new RegExp(LINE_END, "g"))) {
    budget.items(1);
    lines.push(text.slice(at, with_ends ? index + end.length : index));
    at = index + end.length;
  }
  if (at < text.length) lines.push(text.slice(at));
  return lines;
}
