import { entriesOf } from "../methods/dicts.ts";
import { sorted } from "../methods/sort.ts";
import { isEqual, isTrue, orderOf } from "../values/compare.ts";
import { TemplateError } from "../values/errors.ts";
import { listOf } from "../values/iterate.ts";
import { type Native, native, type Run } from "../values/run.ts";
import { Dict, generator, orElse, Tuple, Undefined, type Value } from "../values/values.ts";
import { caseTreatment, getter, multiGetter } from "./attribute.ts";

/** The filters that order and compare items. */
export const ORDER_FILTERS: Record<string, Native> = {
  sort: native(
    "do_sort",
    "value reverse? case_sensitive? attribute?",
    (run, value: Value, reverse: Value = false, sensitive: Value = false, attribute?: Value) =>
      sorted(
        listOf(value, run.budget),
        multiGetter(run, attribute, caseTreatment(isTrue(sensitive))),
        isTrue(reverse),
        run.budget,
      ),
  ),
  dictsort: native(
    "do_dictsort",
    "value case_sensitive? by? reverse?",
    (run, value: Value, sensitive: Value = false, by: Value = "key", reverse: Value = false) => {
      if (by !== "key" && by !== "value")
        throw new TemplateError('You can only sort by either "key" or "value"');
      const treat = caseTreatment(isTrue(sensitive));
      const pairs = entriesOf(run, value).map((entry) => new Tuple(entry));
      const keyOf = (pair: Value) =>
        treat((pair instanceof Tuple ? pair.items[by === "key" ? 0 : 1] : null) ?? null);
      return sorted(pairs, keyOf, isTrue(reverse), run.budget);
    },
  ),
  groupby: native(
    "do_groupby",
    "value attribute default? case_sensitive?",
    (run, value: Value, attribute: Value, fallback: Value = null, sensitive: Value = false) =>
      groups(run, value, attribute, fallback, isTrue(sensitive)),
  ),
  unique: native(
    "do_unique",
    "value case_sensitive? attribute?",
    (run, value: Value, sensitive: Value = false, attribute?: Value) =>
      generator("do_unique", unique(run, value, isTrue(sensitive), attribute), value),
  ),
  min: native(
    "do_min",
    "value case_sensitive? attribute?",
    (run, value: Value, sensitive: Value = false, attribute?: Value) =>
      extreme(run, value, isTrue(sensitive), attribute, "<"),
  ),
  max: native(
    "do_max",
    "value case_sensitive? attribute?",
    (run, value: Value, sensitive: Value = false, attribute?: Value) =>
      extreme(run, value, isTrue(sensitive), attribute, ">"),
  ),
};

function groups(run: Run, value: Value, attribute: Value, fallback: Value, is_sensitive: boolean): Value[] {
  const get = getter(run, attribute, fallback);
  const treat = caseTreatment(is_sensitive);
  const found: { key: Value; shown: Value; items: Value[] }[] = [];
  for (const item of sorted(listOf(value, run.budget), (one) => treat(get(one)), false, run.budget)) {
    const shown = get(item);
    const last = found.at(-1);
    if (last && isEqual(last.key, treat(shown), run.budget)) last.items.push(item);
    else found.push({ key: treat(shown), shown, items: [item] });
  }
  return found.map(({ shown, items }) => new Tuple([shown, items], ["grouper", "list"]));
}

function* unique(
  run: Run,
  value: Value,
  is_sensitive: boolean,
  attribute: Value | undefined,
): Generator<Value> {
  const get = getter(run, attribute);
  const treat = caseTreatment(is_sensitive);
  const seen = new Dict();
  for (const item of listOf(value, run.budget)) {
    const key = treat(get(item));
    if (seen.has(key)) continue;
    seen.set(key, true);
    yield item;
  }
}

function extreme(
  run: Run,
  value: Value,
  is_sensitive: boolean,
  attribute: Value | undefined,
  sign: "<" | ">",
): Value {
  const get = getter(run, attribute);
  const treat = caseTreatment(is_sensitive);
  let best: { item: Value; key: Value } | undefined;
  for (const item of listOf(value, run.budget)) {
    const key = treat(get(item));
    const order = best && orderOf(key, best.key, sign, run.budget);
    if (order === undefined || (sign === "<" ? order < 0 : order > 0)) best = { item, key };
  }
  return orElse(best?.item, () => new Undefined("No aggregated item, sequence was empty."));
}
