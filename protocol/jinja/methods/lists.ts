import { isEqual, isTrue } from "../values/compare.ts";
import { TemplateError } from "../values/errors.ts";
import { listOf } from "../values/iterate.ts";
import { hold, wholeIn } from "../values/numbers.ts";
import { literalOf } from "../values/print.ts";
import type { Run } from "../values/run.ts";
import type { Tuple, Value } from "../values/values.ts";
import type { Methods } from "./method.ts";
import { sorted } from "./sort.ts";

/** Items of a list that are moved in the time of a step. */
const MOVE_SHARE = 8;

export const LIST_METHODS: Methods<Value[]> = {
  append: [
    "object",
    ({ budget }, list, item: Value) => {
      budget.items(1);
      hold(item, budget);
      list.push(item);
      return null;
    },
  ],
  clear: [
    "",
    (_, list) => {
      list.length = 0;
      return null;
    },
  ],
  copy: [
    "",
    ({ budget }, list) => {
      budget.items(list.length);
      return [...list];
    },
  ],
  count: ["value", (run, list, value: Value) => countOf(run, list, value)],
  extend: [
    "iterable",
    ({ budget }, list, more: Value) => {
      for (const item of listOf(more, budget)) list.push(item);
      return null;
    },
  ],
  index: ["value start? stop?", (run, list, ...wanted) => placeOf(run, list, "list", ...wanted)],
  insert: [
    "index object",
    ({ budget }, list, index: Value, item: Value) => {
      budget.items(1);
      budget.spend(list.length / MOVE_SHARE);
      hold(item, budget);
      const at = wholeIn(index);
      list.splice(at < 0 ? Math.max(list.length + at, 0) : at, 0, item);
      return null;
    },
  ],
  pop: [
    "index?",
    ({ budget }, list, index?: Value) => {
      if (list.length === 0) throw new TemplateError("pop from empty list");
      if (index !== undefined) budget.spend(list.length / MOVE_SHARE);
      const place = index === undefined ? -1 : wholeIn(index);
      const at = place < 0 ? list.length + place : place;
      const [item] = at >= 0 ? list.splice(at, 1) : [];
      if (item === undefined) throw new TemplateError("pop index out of range");
      return item;
    },
  ],
  remove: [
    "value",
    ({ budget }, list, value: Value) => {
      const at = list.findIndex((item) => isEqual(item, value, budget));
      if (at === -1) throw new TemplateError("list.remove(x): x not in list");
      list.splice(at, 1);
      return null;
    },
  ],
  reverse: [
    "",
    ({ budget }, list) => {
      budget.spend(list.length / MOVE_SHARE);
      list.reverse();
      return null;
    },
  ],
  sort: [
    "reverse?",
    ({ budget }, list, reverse: Value = false) => {
      const order = sorted(list, (item) => item, isTrue(reverse), budget);
      for (const [at, item] of order.entries()) list[at] = item;
      return null;
    },
  ],
};

export const TUPLE_METHODS: Methods<Tuple> = {
  count: ["value", (run, { items }, value: Value) => countOf(run, items, value)],
  index: ["value start? stop?", (run, { items }, ...wanted) => placeOf(run, items, "tuple", ...wanted)],
};

function countOf({ budget }: Run, items: readonly Value[], value: Value): Value {
  return BigInt(items.filter((item) => isEqual(item, value, budget)).length);
}

function placeOf(
  { budget }: Run,
  items: readonly Value[],
  type: string,
  ...wanted: (Value | undefined)[]
): Value {
  const [value = null, start = 0n, stop = BigInt(items.length)] = wanted;
  const from = (place: number) => (place < 0 ? Math.max(items.length + place, 0) : place);
  const [first, last] = [from(wholeIn(start)), from(wholeIn(stop))];
  const at = items.findIndex((item, index) => index >= first && index < last && isEqual(item, value, budget));
  if (at !== -1) return BigInt(at);
  throw new TemplateError(
    type === "list" ? `${literalOf(value, budget)} is not in list` : "tuple.index(x): x not in tuple",
  );
}
