import type { Budget } from "./budget.ts";
import { TemplateError } from "./errors.ts";
import { textIn } from "./numbers.ts";
import type { Arguments, Value } from "./values.ts";

/** What functions, filters and tests know of the rendering that calls them. */
export interface Run {
  readonly budget: Budget;
  /** Whether printed values are escaped for HTML. */
  is_escaping: boolean;
  filter: (name: string, value: Value, args: Arguments) => Value;
  test: (name: string, value: Value, args: Arguments) => boolean;
  has: (kind: "filter" | "test", name: string) => boolean;
}

/** A function, a filter or a test. */
export type Native = (run: Run, args: Arguments) => Value;

/** Counts that a function takes its arguments, and reads their texts. */
export function readArguments({ budget }: Run, { positional, named }: Arguments): void {
  for (const value of positional) budget.read(textIn(value)?.length ?? 0);
  for (const value of named.values()) budget.read(textIn(value)?.length ?? 0);
}

interface Body {
  /** A method, so that each function may say which of its parameters are always given. */
  run(run: Run, ...values: (Value | undefined)[]): Value;
}

/** A function with these parameters, with Python's rules for its arguments; `name?` may be left out. */
export function native(name: string, parameters: string, body: Body["run"]): Native {
  const words = parameters === "" ? [] : parameters.split(" ");
  const names = words.map((word) => word.replace("?", ""));
  const required = words.filter((word) => !word.endsWith("?")).length;
  return (run, args) => body(run, ...valuesOf(name, names, required, args));
}

function valuesOf(name: string, names: string[], required: number, args: Arguments): (Value | undefined)[] {
  const { positional, named } = args;
  if (positional.length > names.length) {
    const most = names.length;
    if (most === 0) throw new TemplateError(`${name}() takes no arguments (${positional.length} given)`);
    const takes = required === most ? `takes ${most}` : `takes from ${required} to ${most}`;
    throw new TemplateError(
      `${name}() ${takes} positional argument${most === 1 ? "" : "s"} but ${positional.length} were given`,
    );
  }
  const values: (Value | undefined)[] = [...positional];
  for (const [key, value] of named) {
    const at = names.indexOf(key);
    if (at === -1) throw new TemplateError(`${name}() got an unexpected keyword argument '${key}'`);
    if (at < positional.length)
      throw new TemplateError(`${name}() got multiple values for argument '${key}'`);
    values[at] = value;
  }
  const missing = names.slice(0, required).filter((_, at) => values[at] === undefined);
  if (missing.length > 0) {
    const quoted = missing.map((one) => `'${one}'`);
    const listed = quoted.length === 1 ? quoted[0] : `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)}`;
    throw new TemplateError(
      `${name}() missing ${missing.length} required positional argument${missing.length === 1 ? "" : "s"}: ${listed}`,
    );
  }
  return values;
}
