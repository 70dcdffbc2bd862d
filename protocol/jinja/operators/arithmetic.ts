import type { Budget } from "../values/budget.ts";
import { TemplateError } from "../values/errors.ts";
import { escaped } from "../values/escape.ts";
import { itemsIn } from "../values/iterate.ts";
import { bounded, isLong, numberIn, refuseLongPower, textIn } from "../values/numbers.ts";
import { typeName } from "../values/types.ts";
import { Markup, Tuple, Undefined, type Value } from "../values/values.ts";
import { percentFormat } from "./percent.ts";

export type Sign = "+" | "-" | "*" | "/" | "//" | "%" | "**";

/** What an operator makes of two values, as Python does. */
export function calculated(sign: Sign, a: Value, b: Value, budget: Budget): Value {
  for (const one of [a, b]) if (one instanceof Undefined) one.fail();
  const [left, right] = [numberIn(a), numberIn(b)];
  if (left !== undefined && right !== undefined) {
    if (isLongWhole(left) || isLongWhole(right)) budget.spend(LONG_STEPS);
    return ofNumbers(sign, left, right);
  }
  const text = textIn(a);
  if (sign === "%" && text !== undefined) return percentFormat(text, b, budget);
  if (sign === "+") return joined(a, b, budget) ?? refused(sign, a, b);
  if (sign === "*") return repeated(a, right, budget) ?? repeated(b, left, budget) ?? refused(sign, a, b);
  return refused(sign, a, b);
}

/** Steps of a calculation with whole numbers of many digits. */
const LONG_STEPS = 512;

function isLongWhole(number: bigint | number): boolean {
  return typeof number === "bigint" && isLong(number);
}

/** A number with a sign before it. */
export function signed(sign: "-" | "+", value: Value): Value {
  if (value instanceof Undefined) value.fail();
  const number = numberIn(value);
  if (number === undefined)
    throw new TemplateError(`bad operand type for unary ${sign}: '${typeName(value)}'`);
  return sign === "-" ? -number : number;
}

function refused(sign: Sign, a: Value, b: Value): never {
  const [left, right] = [typeName(a), typeName(b)];
  if (sign === "+" && ["str", "list", "tuple"].includes(left)) {
    throw new TemplateError(`can only concatenate ${left} (not "${right}") to ${left}`);
  }
  if (sign === "*" && (itemsIn(a) || itemsIn(b))) {
    throw new TemplateError(`can't multiply sequence by non-int of type '${itemsIn(a) ? right : left}'`);
  }
  const name = sign === "**" ? "** or pow()" : sign;
  throw new TemplateError(`unsupported operand type(s) for ${name}: '${left}' and '${right}'`);
}

function joined(a: Value, b: Value, budget: Budget): Value | undefined {
  const [left, right] = [textIn(a), textIn(b)];
  if (left !== undefined && right !== undefined) {
    if (typeof a === "string" && typeof b === "string") return budget.linked(left + right);
    return new Markup(budget.made(escaped(a, budget) + escaped(b, budget)));
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    budget.items(a.length + b.length);
    return [...a, ...b];
  }
  if (a instanceof Tuple && b instanceof Tuple) {
    budget.items(a.items.length + b.items.length);
    return new Tuple([...a.items, ...b.items]);
  }
  return undefined;
}

function repeated(value: Value, count: bigint | number | undefined, budget: Budget): Value | undefined {
  if (typeof count !== "bigint") return undefined;
  const times = Math.max(Number(count), 0);
  const text = textIn(value);
  if (text !== undefined) {
    budget.text(text.length * times);
    return text.repeat(times);
  }
  if (Array.isArray(value)) return repeatedItems(value, times, budget);
  return value instanceof Tuple ? new Tuple(repeatedItems(value.items, times, budget)) : undefined;
}

function repeatedItems(items: readonly Value[], times: number, budget: Budget): Value[] {
  budget.items(items.length * times);
  return Array.from({ length: times }, () => items).flat();
}

function ofNumbers(sign: Sign, a: bigint | number, b: bigint | number): bigint | number {
  if (typeof a === "bigint" && typeof b === "bigint") return ofWholes(sign, a, b);
  return ofFloats(sign, Number(a), Number(b));
}

function ofWholes(sign: Sign, a: bigint, b: bigint): bigint | number {
  switch (sign) {
    case "+":
      return bounded(a + b);
    case "-":
      return bounded(a - b);
    case "*":
      return bounded(a * b);
    case "/":
      if (b === 0n) throw new TemplateError("division by zero");
      return quotient(a, b);
    case "//":
      if (b === 0n) throw new TemplateError("integer division or modulo by zero");
      return a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);
    case "%":
      if (b === 0n) throw new TemplateError("integer modulo by zero");
      return ((a % b) + b) % b;
    case "**":
      if (b < 0n) return ofFloats(sign, Number(a), Number(b));
      refuseLongPower(a, b);
      return a ** b;
  }
}

/** The double nearest to a quotient, also where the numbers themselves are none. */
function quotient(a: bigint, b: bigint): number {
  const [left, right] = [Number(a), Number(b)];
  if (Number.isSafeInteger(left) && Number.isSafeInteger(right)) return left / right;
  const shift = BigInt(Math.max(0, b.toString(2).length - a.toString(2).length + 64));
  return Number((a << shift) / b) / 2 ** Number(shift);
}

function ofFloats(sign: Sign, a: number, b: number): number {
  switch (sign) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      if (b === 0) throw new TemplateError("float division by zero");
      return a / b;
    case "//":
      if (b === 0) throw new TemplateError("float floor division by zero");
      return Math.floor(a / b);
    case "%": {
      if (b === 0) throw new TemplateError("float modulo");
      const rest = a % b;
      return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
    }
    case "**": {
      if (a === 0 && b < 0) throw new TemplateError("0.0 cannot be raised to a negative power");
      const power = a ** b;
      if (!Number.isFinite(power) && Number.isFinite(a) && Number.isFinite(b))
        throw new TemplateError("(34, 'Numerical result out of range')");
      return power;
    }
  }
}
