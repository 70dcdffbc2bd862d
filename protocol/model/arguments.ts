import { STEPS_MAX } from "../base/limits.ts";
import { doubleOf, isStructure, writeExact } from "../base/numbers.ts";
import { own } from "../base/own.ts";
import { Steps } from "../base/steps.ts";
import { Budget } from "../jinja/values/budget.ts";
import { fromJson } from "../jinja/values/exchange.ts";
import { textOf } from "../jinja/values/print.ts";
import type { Parameter, Parameters } from "./action.ts";

/** An argument and its parameter. */
export interface Argument {
  parameter: string;
  text: string;
}

/**
 * A script's arguments as StackStorm passes them: named ones first, then those with a position, in the order of positions. Nothing is
 * quoted: each is one element of the argument vector.
 */
export function scriptArguments(
  schema: Parameters,
  values: Record<string, unknown>,
  kwarg_op: string,
): Argument[] {
  const positional = positions(schema);
  const isPositional = new Set(positional);
  const named = Object.entries(values).filter(([name]) => !isPositional.has(name));
  return [
    ...named.flatMap(([parameter, value]) =>
      namedArgument(kwarg_op, parameter, value).map((text) => ({ parameter, text })),
    ),
    ...positional.map((parameter) => ({
      parameter,
      text: positionalArgument(schema[parameter]?.type, own(values, parameter)),
    })),
  ];
}

/** The text of a variable that a user gives; a list or an object becomes JSON. */
export function variableText(value: unknown): string {
  return isStructure(value) ? writeExact(value) : String(value);
}

/** The parameters with a position, in its order. Of two at one position the later one has it, as in StackStorm. */
function positions(schema: Parameters): string[] {
  const byPosition = new Map<number, string>();
  for (const [name, { position }] of Object.entries(schema)) {
    if (position !== undefined) byPosition.set(position, name);
  }
  return [...byPosition].sort(([a], [b]) => a - b).map(([, name]) => name);
}

function namedArgument(kwarg_op: string, name: string, value: unknown): string[] {
  if (value === undefined || value === null || value === "" || value === false) return [];
  if (value === true) return [`${kwarg_op}${name}`];
  return [`${kwarg_op}${name}=${printed(value)}`];
}

/** StackStorm looks at the type that the schema names, and passes whatever Python takes for false as nothing where it names none of these. */
function positionalArgument(type: Parameter["type"], value: unknown): string {
  if (value === undefined || value === null) return "";
  switch (type) {
    case "string":
    case "number":
      return printed(value);
    case "boolean":
      return isFalse(value) ? "0" : "1";
  }
  if (isFalse(value)) return "";
  if (type === "array" && Array.isArray(value)) return value.map(printed).join(",");
  return type === "object" && isStructure(value) ? writeExact(value) : printed(value);
}

/** A value as Python prints it. */
function printed(value: unknown): string {
  if (typeof value === "string") return value;
  const budget = new Budget(new Steps(STEPS_MAX));
  return textOf(fromJson(value, budget), budget);
}

function isFalse(value: unknown): boolean {
  if (isStructure(value)) return Object.keys(value).length === 0;
  return value === "" || value === false || doubleOf(value) === 0;
}
