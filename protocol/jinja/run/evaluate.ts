import { entriesOf } from "../methods/dicts.ts";
import { readAttribute, readItem, slice } from "../methods/read.ts";
import { calculated, signed } from "../operators/arithmetic.ts";
import type { CallArguments, Comparison, Expression } from "../syntax/nodes.ts";
import { OBJECT_ITEMS } from "../values/budget.ts";
import { isEqual, isTrue, orderOf } from "../values/compare.ts";
import { TemplateError } from "../values/errors.ts";
import { escaped } from "../values/escape.ts";
import { itemsIn, itemsOf } from "../values/iterate.ts";
import { hold, textIn } from "../values/numbers.ts";
import { textOf } from "../values/print.ts";
import type { Run } from "../values/run.ts";
import { typeName } from "../values/types.ts";
import {
  type Arguments,
  Dict,
  Markup,
  orElse,
  Thing,
  Tuple,
  Undefined,
  type Value,
} from "../values/values.ts";
import type { Scope } from "./scope.ts";

/** Steps of one expression. */
const EXPRESSION_STEPS = 8;

/** A rendering, which knows some attributes and items as a whole: they are not read part by part. */
export interface Rendering extends Run {
  known: (expression: Expression) => Value | undefined;
}

/** The value of an expression. */
export function evaluate(run: Rendering, scope: Scope, expression: Expression): Value {
  run.budget.spend(EXPRESSION_STEPS);
  const value = (of: Expression) => evaluate(run, scope, of);
  switch (expression.kind) {
    case "constant":
      return expression.value;
    case "name":
      return orElse(scope.get(expression.name), () => new Undefined(`'${expression.name}' is undefined`));
    case "list":
      return heldItems(run, expression.items.map(value));
    case "tuple":
      return new Tuple(heldItems(run, expression.items.map(value)));
    case "object":
      run.budget.items(OBJECT_ITEMS);
      return new Dict(
        expression.entries.map((entry) => {
          const [key = null, item = null] = heldItems(run, [value(entry.key), value(entry.value)]);
          return [key, item] as const;
        }),
      );
    case "attribute":
      return run.known(expression) ?? readAttribute(run, value(expression.of), expression.name);
    case "item":
      return run.known(expression) ?? readItem(run, value(expression.of), value(expression.key));
    case "slice": {
      const part = (of: Expression | null) => (of ? value(of) : null);
      return slice(
        run,
        value(expression.of),
        part(expression.start),
        part(expression.stop),
        part(expression.step),
      );
    }
    case "call":
      return call(called(run, scope, expression.of), argumentsOf(run, scope, expression.args));
    case "filter":
      return run.filter(
        expression.name,
        expression.of ? value(expression.of) : "",
        argumentsOf(run, scope, expression.args),
      );
    case "test":
      return run.test(expression.name, value(expression.of), argumentsOf(run, scope, expression.args));
    case "calculation":
      return calculated(expression.sign, value(expression.left), value(expression.right), run.budget);
    case "signed":
      return signed(expression.sign, value(expression.of));
    case "not":
      return !isTrue(value(expression.of));
    case "and": {
      const left = value(expression.left);
      return isTrue(left) ? value(expression.right) : left;
    }
    case "or": {
      const left = value(expression.left);
      return isTrue(left) ? left : value(expression.right);
    }
    case "comparison":
      return compared(run, scope, expression);
    case "joined":
      return joined(run, expression.parts.map(value));
    case "choice":
      if (isTrue(value(expression.test))) return value(expression.yes);
      return expression.no ? value(expression.no) : new Undefined(NO_ELSE, "lenient");
  }
}

/** Items that a list or an object has from now on. */
function heldItems({ budget }: Run, items: Value[]): Value[] {
  budget.items(items.length);
  for (const item of items) hold(item, budget);
  return items;
}

/** What is called: a method of a value that is known as a whole is no part of it. */
function called(run: Rendering, scope: Scope, of: Expression): Value {
  if (of.kind !== "attribute") return evaluate(run, scope, of);
  return readAttribute(run, evaluate(run, scope, of.of), of.name);
}

/** The platform finds a part of a text faster than it makes one. */
const READ_SHARE = 16;

const NO_ELSE = "the inline if-expression evaluated to false and no else section was defined.";

function joined(run: Run, parts: Value[]): Value {
  const { budget } = run;
  if (!run.is_escaping)
    return parts.reduce<string>((text, part) => budget.linked(text + textOf(part, budget)), "");
  return new Markup(budget.made(parts.map((part) => escaped(part, budget)).join("")));
}

/** The arguments of a call, with lists and objects in their places. */
export function argumentsOf(
  run: Rendering,
  scope: Scope,
  { positional, named, list, object }: CallArguments,
): Arguments {
  const value = (of: Expression) => evaluate(run, scope, of);
  const args: Arguments = {
    positional: positional.map(value),
    named: new Map(named.map((one) => [one.name, value(one.value)])),
  };
  if (list)
    for (const item of itemsOf(value(list))) {
      run.budget.spend(1);
      args.positional.push(item);
    }
  if (object)
    for (const [name, item] of entriesOf(run, value(object))) args.named.set(textOf(name, run.budget), item);
  return args;
}

/** Calls a value. */
export function call(value: Value, args: Arguments): Value {
  if (value instanceof Undefined) value.fail();
  if (value instanceof Thing && value.can.call) return value.can.call(args);
  throw new TemplateError(`'${typeName(value)}' object is not callable`);
}

function compared(
  run: Rendering,
  scope: Scope,
  { first, others }: Extract<Expression, { kind: "comparison" }>,
): boolean {
  let left = evaluate(run, scope, first);
  for (const { by, value } of others) {
    const right = evaluate(run, scope, value);
    if (!holds(run, left, by, right)) return false;
    left = right;
  }
  return true;
}

/** Whether a comparison holds. */
export function holds(run: Run, left: Value, by: Comparison, right: Value): boolean {
  const { budget } = run;
  switch (by) {
    case "==":
      return isEqual(left, right, budget);
    case "!=":
      return !isEqual(left, right, budget);
    case "<":
      return orderOf(left, right, by, budget) < 0;
    case "<=":
      return orderOf(left, right, by, budget) <= 0;
    case ">":
      return orderOf(left, right, by, budget) > 0;
    case ">=":
      return orderOf(left, right, by, budget) >= 0;
    case "in":
      return isIn(run, left, right);
    case "not in":
      return !isIn(run, left, right);
  }
}

/** Whether a value is among another's items, or a text in a text. */
export function isIn({ budget }: Run, item: Value, container: Value): boolean {
  const text = textIn(container);
  if (text !== undefined) {
    const part = textIn(item);
    if (item instanceof Undefined) item.fail();
    budget.read(text.length / READ_SHARE);
    budget.search(text.length, part?.length ?? 0);
    if (part !== undefined) return text.includes(part);
    throw new TemplateError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
  }
  if (container instanceof Dict) return container.has(item);
  const items = itemsIn(container);
  if (!items) throw new TemplateError(`argument of type '${typeName(container)}' is not iterable`);
  for (const one of items) if (isEqual(item, one, budget)) return true;
  return false;
}
