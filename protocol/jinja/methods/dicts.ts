import { OBJECT_ITEMS } from "../values/budget.ts";
import { TemplateError } from "../values/errors.ts";
import { itemsOf, listOf } from "../values/iterate.ts";
import { hold } from "../values/numbers.ts";
import { literalOf } from "../values/print.ts";
import type { Run } from "../values/run.ts";
import { Dict, orElse, Thing, Tuple, type Value } from "../values/values.ts";
import type { Methods } from "./method.ts";

export const DICT_METHODS: Methods<Dict> = {
  clear: [
    "",
    (_, dict) => {
      dict.clear();
      return null;
    },
  ],
  copy: [
    "",
    ({ budget }, dict) => {
      budget.items(2 * dict.size + OBJECT_ITEMS);
      return new Dict(dict.entries());
    },
  ],
  fromkeys: [
    "iterable value?",
    ({ budget }, _, keys: Value, value: Value = null) =>
      new Dict(listOf(keys, budget).map((key) => [key, value] as const)),
  ],
  get: [
    "key default?",
    (_, dict, key: Value, fallback: Value = null) => orElse(dict.get(key), () => fallback),
  ],
  items: ["", (run, dict) => view(run, "dict_items", dict, () => pairsOf(dict))],
  keys: ["", (run, dict) => view(run, "dict_keys", dict, () => dict.keys())],
  values: ["", (run, dict) => view(run, "dict_values", dict, () => dict.values())],
  pop: [
    "key default?",
    ({ budget }, dict, key: Value, fallback?: Value) => {
      const value = dict.has(key) ? dict.get(key) : fallback;
      if (value === undefined) throw new TemplateError(literalOf(key, budget));
      dict.delete(key);
      return value;
    },
  ],
  popitem: [
    "",
    ({ budget }, dict) => {
      budget.spend(dict.size);
      const last = [...dict.entries()].at(-1);
      if (!last) throw new TemplateError("'popitem(): dictionary is empty'");
      dict.delete(last[0]);
      return new Tuple(last);
    },
  ],
  setdefault: [
    "key default?",
    ({ budget }, dict, key: Value, fallback: Value = null) => {
      const value = dict.get(key);
      if (value !== undefined) return value;
      budget.items(2);
      hold(key, budget);
      hold(fallback, budget);
      dict.set(key, fallback);
      return fallback;
    },
  ],
};

/** Adds to a dictionary what another, or a list of pairs, and named values hold. */
export function update(run: Run, dict: Dict, more: Value | undefined, named: Map<string, Value>): void {
  const entries = more === undefined ? [] : entriesOf(run, more);
  run.budget.items(2 * (entries.length + named.size));
  for (const [key, value] of [...entries, ...named]) {
    hold(key, run.budget);
    hold(value, run.budget);
    dict.set(key, value);
  }
}

/** The pairs of a dictionary, or of a list of pairs. */
export function entriesOf({ budget }: Run, value: Value): (readonly [Value, Value])[] {
  if (value instanceof Dict) return [...value.entries()];
  return [...itemsOf(value)].map((pair, at) => {
    const [key, item, ...rest] = listOf(pair, budget);
    if (key !== undefined && item !== undefined && rest.length === 0) return [key, item] as const;
    const length = rest.length + (item === undefined ? (key === undefined ? 0 : 1) : 2);
    throw new TemplateError(`dictionary update sequence element #${at} has length ${length}; 2 is required`);
  });
}

function* pairsOf(dict: Dict): Generator<Value> {
  for (const entry of dict.entries()) yield new Tuple(entry);
}

/** A look at a dictionary, which follows its changes. */
function view({ budget }: Run, type: string, dict: Dict, items: () => Iterable<Value>): Thing {
  const shown = () => `${type}(${literalOf([...items()], budget)})`;
  return new Thing(type, shown, { items, size: () => dict.size });
}
