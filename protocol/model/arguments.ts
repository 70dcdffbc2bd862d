import { isStructure, writeExact } from "../base/numbers.ts";
import { pythonLiteral } from "../base/python-literal.ts";
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
  const positional = Object.entries(schema).filter(([, { position }]) => position !== undefined);
  positional.sort(([, a], [, b]) => (a.position ?? 0) - (b.position ?? 0));
  const isPositional = new Set(positional.map(([name]) => name));
  const named = Object.entries(values).filter(([name]) => !isPositional.has(name));
  return [
    ...named.flatMap(([parameter, value]) =>
      namedArgument(kwarg_op, parameter, value).map((text) => ({ parameter, text })),
    ),
    ...positional.map(([parameter, { type }]) => ({
      parameter,
      text: positionalArgument(type, values[parameter]),
    })),
  ];
}

/** The text of a variable that a user gives; a list or an object becomes JSON. */
export function variableText(value: unknown): string {
  return isStructure(value) ? writeExact(value) : String(value);
}

function namedArgument(kwarg_op: string, name: string, value: unknown): string[] {
  if (value === undefined || value === null || value === "" || value === false) return [];
  if (value === true) return [`${kwarg_op}${name}`];
  return [`${kwarg_op}${name}=${isStructure(value) ? pythonLiteral(value) : String(value)}`];
}

function positionalArgument(type: Parameter["type"], value: unknown): string {
  if (value === undefined || value === null) return "";
  if (type === "boolean" || typeof value === "boolean") return value ? "1" : "0";
  if (Array.isArray(value)) return value.map((item) => plain(item)).join(",");
  if (isStructure(value)) return writeExact(value);
  // StackStorm passes an integer 0 as nothing, and scripts rely on it.
  if (type === "integer" && value === 0) return "";
  return String(value);
}

function plain(value: unknown): string {
  return typeof value === "object" ? pythonLiteral(value) : String(value);
}
