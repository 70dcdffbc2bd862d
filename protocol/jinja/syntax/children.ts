import type { CallArguments, Expression, Statement, Target } from "./nodes.ts";

/** The expressions that an expression consists of. */
export function partsOf(expression: Expression): Expression[] {
  switch (expression.kind) {
    case "constant":
    case "name":
      return [];
    case "list":
    case "tuple":
      return expression.items;
    case "object":
      return expression.entries.flatMap(({ key, value }) => [key, value]);
    case "attribute":
    case "signed":
    case "not":
      return [expression.of];
    case "item":
      return [expression.of, expression.key];
    case "slice":
      return present(expression.of, expression.start, expression.stop, expression.step);
    case "call":
    case "test":
      return [expression.of, ...argumentsOf(expression.args)];
    case "filter":
      return [...present(expression.of), ...argumentsOf(expression.args)];
    case "calculation":
    case "and":
    case "or":
      return [expression.left, expression.right];
    case "comparison":
      return [expression.first, ...expression.others.map(({ value }) => value)];
    case "joined":
      return expression.parts;
    case "choice":
      return present(expression.test, expression.yes, expression.no);
  }
}

function argumentsOf({ positional, named, list, object }: CallArguments): Expression[] {
  return [...positional, ...named.map(({ value }) => value), ...present(list, object)];
}

function present(...expressions: (Expression | null | undefined)[]): Expression[] {
  return expressions.filter((one) => one !== null && one !== undefined);
}

/** The expressions of a statement itself, without those of its body. */
export function expressionsOf(statement: Statement): Expression[] {
  switch (statement.kind) {
    case "print":
    case "set":
      return [statement.value];
    case "if":
      return statement.branches.map(({ test }) => test);
    case "for":
      return present(statement.items, statement.test);
    case "set block":
      return present(statement.filter);
    case "with":
      return statement.targets.map(({ value }) => value);
    case "macro":
      return statement.parameters.defaults;
    case "call block":
      return [...statement.parameters.defaults, statement.call];
    case "filter block":
      return [statement.filter];
    case "escaping":
      return [statement.on];
    case "other template":
      return [statement.from];
    default:
      return [];
  }
}

/** The statements inside a statement. */
export function bodiesOf(statement: Statement): Statement[] {
  if (statement.kind === "if")
    return [...statement.branches.flatMap(({ body }) => body), ...statement.otherwise];
  if (statement.kind === "for") return [...statement.body, ...statement.otherwise];
  return "body" in statement ? statement.body : [];
}

/** The names in a target. */
export function namesIn(target: Target): string[] {
  if (target.kind === "tuple") return target.items.flatMap(namesIn);
  return target.kind === "name" ? [target.name] : [];
}
