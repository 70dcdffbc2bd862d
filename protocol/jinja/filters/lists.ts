import { attributeIn } from "../methods/attributes.ts";
import { absent, readAttribute } from "../methods/read.ts";
import { calculated } from "../operators/arithmetic.ts";
import { isTrue } from "../values/compare.ts";
import { TemplateError } from "../values/errors.ts";
import { itemsOf, listOf, sizeOf } from "../values/iterate.ts";
import { textIn, wholeIn } from "../values/numbers.ts";
import { textOf } from "../values/print.ts";
import { type Native, native, type Run } from "../values/run.ts";
import { typeName } from "../values/types.ts";
import { Dict, generator, orElse, Thing, Tuple, Undefined, type Value } from "../values/values.ts";
import { getter } from "./attribute.ts";

const length = native("len", "value", (_, value: Value) => BigInt(sizeOf(value)));

/** The filters for lists, objects and single items. */
export const LIST_FILTERS: Record<string, Native> = {
  attr: native("do_attr", "value name", (run, value: Value, name: Value) => {
    const wanted = textOf(name, run.budget);
    if (value instanceof Undefined) value.fail();
    const is_there = wanted.startsWith("_") || attributeIn(run, value, wanted, () => null) !== undefined;
    return is_there ? readAttribute(run, value, wanted) : absent(run, value, wanted);
  }),
  batch: native(
    "do_batch",
    "value linecount fill_with?",
    (run, value: Value, count: Value, fill: Value = null) =>
      generator("do_batch", batches(run, value, wholeIn(count), fill), value),
  ),
  slice: native(
    "sync_do_slice",
    "value slices fill_with?",
    (run, value: Value, count: Value, fill: Value = null) =>
      generator("sync_do_slice", slices(run, value, wholeIn(count), fill), value),
  ),
  count: length,
  length,
  first: native("sync_do_first", "seq", (_, value: Value) => {
    for (const item of itemsOf(value)) return item;
    return new Undefined("No first item, sequence was empty.");
  }),
  last: native("do_last", "seq", ({ budget }, value: Value) => {
    if (value instanceof Thing && value.type === "generator")
      throw new TemplateError("'generator' object is not reversible");
    return orElse(listOf(value, budget).at(-1), () => new Undefined("No last item, sequence was empty."));
  }),
  items: native("do_items", "value", (run, value: Value) => {
    if (value instanceof Undefined) return generator("do_items", []);
    if (!(value instanceof Dict)) throw new TemplateError("Can only get item pairs from a mapping.");
    run.budget.items(2 * value.size);
    return generator(
      "do_items",
      [...value.entries()].map((entry) => new Tuple(entry)),
    );
  }),
  join: native(
    "sync_do_join",
    "value d? attribute?",
    (run, value: Value, separator: Value = "", attribute?: Value) => joined(run, value, separator, attribute),
  ),
  list: native("sync_do_list", "value", ({ budget }, value: Value) => listOf(value, budget)),
  random: native("do_random", "seq", ({ budget }, value: Value) => {
    const items = listOf(value, budget);
    return orElse(
      items[Math.floor(Math.random() * items.length)],
      () => new Undefined("No random item, sequence was empty."),
    );
  }),
  reverse: native("do_reverse", "value", ({ budget }, value: Value) => {
    const items = listOf(value, budget).reverse();
    const text = textIn(value);
    if (text !== undefined) return items.map((item) => textIn(item) ?? "").join("");
    return new Thing("list_reverseiterator", `<${typeName(value)}_reverseiterator object at 0x0>`, {
      items: () => items,
    });
  }),
  sum: native(
    "sync_do_sum",
    "iterable attribute? start?",
    (run, value: Value, attribute?: Value, start: Value = 0n) => {
      const get = getter(run, attribute);
      if (textIn(start) !== undefined)
        throw new TemplateError("sum() can't sum strings [use ''.join(seq) instead]");
      let sum = start;
      for (const item of itemsOf(value)) sum = calculated("+", sum, get(item), run.budget);
      return sum;
    },
  ),
  default: native("do_default", "value default_value? boolean?", (_, ...values) => fallback(...values)),
  d: native("do_default", "value default_value? boolean?", (_, ...values) => fallback(...values)),
};

function fallback(value: Value = null, other: Value = "", boolean: Value = false): Value {
  return value instanceof Undefined || (isTrue(boolean) && !isTrue(value)) ? other : value;
}

function joined(run: Run, value: Value, separator: Value, attribute: Value | undefined): string {
  const { budget } = run;
  const get = getter(run, attribute);
  const texts = listOf(value, budget).map((item) => textOf(get(item), budget));
  const between = textOf(separator, budget);
  budget.text(texts.reduce((sum, text) => sum + text.length, 0) + between.length * texts.length);
  return texts.join(between);
}

function* batches(run: Run, value: Value, count: number, fill: Value): Generator<Value> {
  const items = listOf(value, run.budget);
  if (count <= 0) throw new TemplateError("a batch has at least one item");
  for (let at = 0; at < items.length; at += count) {
    const batch = items.slice(at, at + count);
    run.budget.items(count);
    if (fill !== null) while (batch.length < count) batch.push(fill);
    yield batch;
  }
}

function* slices(run: Run, value: Value, count: number, fill: Value): Generator<Value> {
  const items = listOf(value, run.budget);
  if (count === 0) throw new TemplateError("integer division or modulo by zero");
  const [size, extra] = [Math.floor(items.length / count), items.length % count];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const part = items.slice(at, at + size + (index < extra ? 1 : 0));
    at += part.length;
    run.budget.items(part.length + 1);
    if (fill !== null && index >= extra) part.push(fill);
    yield part;
  }
}
