import { bodiesOf, expressionsOf, partsOf } from "../syntax/children.ts";
import type { Expression, Parameters, Statement } from "../syntax/nodes.ts";
import { TemplateError } from "../values/errors.ts";
import { literalOf } from "../values/print.ts";
import { type Arguments, Dict, orElse, Thing, Tuple, Undefined, type Value } from "../values/values.ts";
import { evaluate, type Rendering } from "./evaluate.ts";
import { Scope } from "./scope.ts";

/** The part of a macro that makes it. */
interface Definition {
  parameters: Parameters;
  body: Statement[];
}

type Print = (run: Rendering, scope: Scope, body: Statement[]) => Value;

/** A macro, or what a call block gives as `caller`, which has no name. */
export function macroOf(
  run: Rendering,
  scope: Scope,
  name: string | null,
  { parameters, body }: Definition,
  print: Print,
): Thing {
  const used = namesUsed(body);
  const attributes: Record<string, Value> = {
    name,
    arguments: new Tuple(parameters.names),
    caller: used.has("caller"),
    catch_kwargs: used.has("kwargs"),
    catch_varargs: used.has("varargs"),
  };
  const shown = name === null ? "anonymous" : literalOf(name, run.budget);
  return new Thing("Macro", `<Macro ${shown}>`, {
    attribute: (wanted) => (Object.hasOwn(attributes, wanted) ? attributes[wanted] : undefined),
    call: (args) => {
      const inner = new Scope(scope);
      bind(run, inner, name, parameters, args, used);
      return print(run, inner, body);
    },
  });
}

function bind(
  run: Rendering,
  scope: Scope,
  macro: string | null,
  parameters: Parameters,
  args: Arguments,
  used: ReadonlySet<string>,
): void {
  const { names, defaults } = parameters;
  const { positional } = args;
  const named = new Map(args.named);
  const shown = macro === null ? "None" : literalOf(macro, run.budget);
  for (const [at, name] of names.entries()) {
    const given = at < positional.length ? positional[at] : named.get(name);
    if (at >= positional.length) named.delete(name);
    const fallback = defaults[at - (names.length - defaults.length)];
    const value = given === undefined && fallback ? evaluate(run, scope, fallback) : given;
    scope.set(
      name,
      orElse(value, () => new Undefined(`parameter '${name}' was not provided`)),
    );
  }
  if (used.has("caller") && !names.includes("caller")) {
    scope.set("caller", named.get("caller") ?? new Undefined("No caller defined"));
    named.delete("caller");
  }
  if (used.has("kwargs")) scope.set("kwargs", new Dict(named));
  else if (named.size > 0)
    throw new TemplateError(
      `macro ${shown} takes no keyword argument ${literalOf([...named.keys()][0] ?? "", run.budget)}`,
    );
  const more = positional.slice(names.length);
  run.budget.items(more.length + 2 * named.size);
  if (used.has("varargs")) scope.set("varargs", new Tuple(more));
  else if (more.length > 0)
    throw new TemplateError(`macro ${shown} takes not more than ${names.length} argument(s)`);
}

/** The names that statements use, however deep. */
function namesUsed(statements: Statement[]): Set<string> {
  const used = new Set<string>();
  const visit = (expression: Expression) => {
    if (expression.kind === "name") used.add(expression.name);
    for (const part of partsOf(expression)) visit(part);
  };
  const visitAll = (body: Statement[]) => {
    for (const statement of body) {
      for (const expression of expressionsOf(statement)) visit(expression);
      visitAll(bodiesOf(statement));
    }
  };
  visitAll(statements);
  return used;
}
