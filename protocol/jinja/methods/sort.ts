import type { Budget } from "../values/budget.ts";
import { orderOf } from "../values/compare.ts";
import type { Value } from "../values/values.ts";

/** Items in the order of their keys; equal ones stay as they were, also in reverse. */
export function sorted(
  items: readonly Value[],
  keyOf: (item: Value) => Value,
  is_reverse: boolean,
  budget: Budget,
): Value[] {
  budget.items(2 * items.length);
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  // As in Python, the later of two values is asked whether it is below the earlier.
  keyed.sort((a, b) =>
    is_reverse ? orderOf(b.key, a.key, "<", budget) : orderOf(a.key, b.key, "<", budget),
  );
  return keyed.map(({ item }) => item);
}
