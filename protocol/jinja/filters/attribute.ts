import { readItem } from "../methods/read.ts";
import { textIn } from "../values/numbers.ts";
import type { Run } from "../values/run.ts";
import { Undefined, type Value } from "../values/values.ts";

/** Steps of one part of an attribute's name. */
const PART_STEPS = 16;

/** Reads what filters look at in an item: the item, or an attribute (`a.b.0`); `fallback` for one that is not there. */
export function getter(run: Run, attribute: Value | undefined, fallback?: Value): (item: Value) => Value {
  if (attribute === undefined || attribute === null) return (item) => item;
  const name = textIn(attribute);
  const parts = name === undefined ? [attribute] : name.split(".").map(keyOf);
  run.budget.spend(PART_STEPS * parts.length);
  return (item) => {
    let value = item;
    for (const part of parts) {
      value = readItem(run, value, part);
      if (fallback !== undefined && fallback !== null && value instanceof Undefined) value = fallback;
    }
    return value;
  };
}

/** Reads several attributes: `a.b,c`. */
export function multiGetter(
  run: Run,
  attribute: Value | undefined,
  treat: (value: Value) => Value,
): (item: Value) => Value {
  const names = textIn(attribute)?.split(",") ?? [attribute];
  const getters = names.map((name) => getter(run, name));
  return (item) => getters.map((get) => treat(get(item)));
}

function keyOf(part: string): Value {
  return /^\d+$/.test(part) ? BigInt(part) : part;
}

/** How values are compared: as they are, or texts in small letters. */
export function caseTreatment(is_sensitive: boolean): (value: Value) => Value {
  return is_sensitive ? (value) => value : (value) => textIn(value)?.toLowerCase() ?? value;
}
