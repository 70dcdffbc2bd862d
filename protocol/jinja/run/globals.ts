import { entriesOf, update } from "../methods/dicts.ts";
import { OBJECT_ITEMS } from "../values/budget.ts";
import { TemplateError } from "../values/errors.ts";
import { heldChars, hold, wholeIn } from "../values/numbers.ts";
import { literalOf } from "../values/print.ts";
import { native, type Run } from "../values/run.ts";
import { type Arguments, callable, Dict, Thing, type Value } from "../values/values.ts";

/** Numbers of one range: the sandbox's own limit. */
const RANGE_MAX = 100_000;

/** The names that every template knows. */
export function globalsOf(run: Run): Record<string, Value> {
  const one = (name: string, shown: string, parameters: string, body: Parameters<typeof native>[2]) => {
    const call = native(name, parameters, body);
    return callable("function", shown, (args) => call(run, args));
  };
  return {
    range: one("range", "<function safe_range at 0x0>", "start stop? step?", (_, ...limits) =>
      range(...limits),
    ),
    dict: callable("type", "<class 'dict'>", (args) => dictOf(run, args)),
    namespace: callable("type", "<class 'jinja2.utils.Namespace'>", (args) => namespace(run, args)),
    joiner: one("joiner", "<class 'jinja2.utils.Joiner'>", "sep?", (_, separator: Value = ", ") =>
      joiner(separator),
    ),
    cycler: callable("type", "<class 'jinja2.utils.Cycler'>", ({ positional }) => {
      run.budget.items(positional.length + OBJECT_ITEMS);
      for (const item of positional) hold(item, run.budget);
      return cycler(positional);
    }),
    lipsum: callable("function", "<function generate_lorem_ipsum at 0x0>", () => {
      throw new TemplateError("lipsum writes no text here");
    }),
  };
}

function range(...limits: (Value | undefined)[]): Thing {
  const [first = 0n, second, third = 1n] = limits.map((limit) =>
    limit === undefined ? undefined : BigInt(wholeIn(limit)),
  );
  const [start, stop] = second === undefined ? [0n, first] : [first, second];
  if (third === 0n) throw new TemplateError("range() arg 3 must not be zero");
  const span = third > 0n ? stop - start : start - stop;
  const by = third > 0n ? third : -third;
  const size = span <= 0n ? 0 : Number((span + by - 1n) / by);
  if (size > RANGE_MAX) {
    throw new TemplateError(`Range too big. The sandbox blocks ranges larger than MAX_RANGE (${RANGE_MAX}).`);
  }
  const shown = third === 1n ? `range(${start}, ${stop})` : `range(${start}, ${stop}, ${third})`;
  const at = (index: number) => start + BigInt(index) * third;
  return new Thing("range", shown, {
    at,
    size: () => size,
    *items() {
      for (let index = 0; index < size; index++) yield at(index);
    },
  });
}

function dictOf(run: Run, { positional, named }: Arguments): Dict {
  if (positional.length > 1)
    throw new TemplateError(`dict expected at most 1 argument, got ${positional.length}`);
  run.budget.items(OBJECT_ITEMS);
  const dict = new Dict();
  update(run, dict, positional[0], named);
  return dict;
}

function namespace(run: Run, { positional, named }: Arguments): Thing {
  const attributes = new Dict();
  for (const value of positional) for (const [key, item] of entriesOf(run, value)) attributes.set(key, item);
  for (const [name, value] of named) attributes.set(name, value);
  run.budget.items(2 * attributes.size + OBJECT_ITEMS);
  for (const value of attributes.values()) hold(value, run.budget);
  return new Thing("Namespace", () => `<Namespace ${literalOf(attributes, run.budget)}>`, {
    attribute: (name) => attributes.get(name),
    assign: (name, value) => {
      run.budget.letGo(heldChars(attributes.get(name)));
      run.budget.items(attributes.has(name) ? 0 : 2);
      hold(value, run.budget);
      attributes.set(name, value);
    },
  });
}

function joiner(separator: Value): Thing {
  let is_used = false;
  return new Thing("Joiner", "<jinja2.utils.Joiner object at 0x0>", {
    call: () => {
      const text = is_used ? separator : "";
      is_used = true;
      return text;
    },
  });
}

function cycler(items: Value[]): Thing {
  if (items.length === 0) throw new TemplateError("at least one item has to be provided");
  let at = 0;
  const current = () => items[at] ?? null;
  const actions: Record<string, () => Value> = {
    next: () => {
      const value = current();
      at = (at + 1) % items.length;
      return value;
    },
    reset: () => {
      at = 0;
      return null;
    },
  };
  return new Thing("Cycler", "<jinja2.utils.Cycler object at 0x0>", {
    attribute: (name) => {
      if (name === "current") return current();
      const act = Object.hasOwn(actions, name) ? actions[name] : undefined;
      return act && callable("method", `<bound method Cycler.${name}>`, act);
    },
  });
}
