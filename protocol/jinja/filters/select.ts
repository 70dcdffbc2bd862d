import { isTrue } from "../values/compare.ts";
import { TemplateError } from "../values/errors.ts";
import { itemsOf } from "../values/iterate.ts";
import { textOf } from "../values/print.ts";
import type { Native, Run } from "../values/run.ts";
import { type Arguments, generator, type Value } from "../values/values.ts";
import { getter } from "./attribute.ts";

/** The filters that apply a filter or a test to each item. */
export const SELECT_FILTERS: Record<string, Native> = {
  map: (run, args) => generator("sync_do_map", mapped(run, args), args.positional[0]),
  select: (run, args) => generator("sync_do_select", selected(run, args, false, true), args.positional[0]),
  reject: (run, args) => generator("sync_do_reject", selected(run, args, false, false), args.positional[0]),
  selectattr: (run, args) =>
    generator("sync_do_selectattr", selected(run, args, true, true), args.positional[0]),
  rejectattr: (run, args) =>
    generator("sync_do_rejectattr", selected(run, args, true, false), args.positional[0]),
};

function* mapped(run: Run, { positional, named }: Arguments): Generator<Value> {
  const [items = null, name, ...rest] = positional;
  if (!isTrue(items)) return;
  const change = name === undefined ? attributeOf(run, named) : filterOf(run, name, rest, named);
  for (const item of itemsOf(items)) {
    run.budget.items(1);
    yield change(item);
  }
}

function attributeOf(run: Run, named: Map<string, Value>): (item: Value) => Value {
  const attribute = named.get("attribute");
  if (attribute === undefined) throw new TemplateError("map requires a filter argument");
  const unknown = [...named.keys()].find((name) => name !== "attribute" && name !== "default");
  if (unknown !== undefined) throw new TemplateError(`Unexpected keyword argument '${unknown}'`);
  return getter(run, attribute, named.get("default"));
}

function filterOf(
  run: Run,
  name: Value,
  positional: Value[],
  named: Map<string, Value>,
): (item: Value) => Value {
  const filter = textOf(name, run.budget);
  return (item) => run.filter(filter, item, { positional, named });
}

function* selected(
  run: Run,
  { positional, named }: Arguments,
  by_attribute: boolean,
  wanted: boolean,
): Generator<Value> {
  const [items = null, ...rest] = positional;
  if (!isTrue(items)) return;
  const attribute = by_attribute ? rest.shift() : null;
  if (attribute === undefined) throw new TemplateError("Missing parameter for attribute name");
  const get = getter(run, attribute);
  const [name, ...args] = rest;
  const test = name === undefined ? undefined : textOf(name, run.budget);
  for (const item of itemsOf(items)) {
    run.budget.items(1);
    const value = get(item);
    const holds = test === undefined ? isTrue(value) : run.test(test, value, { positional: args, named });
    if (holds === wanted) yield item;
  }
}
