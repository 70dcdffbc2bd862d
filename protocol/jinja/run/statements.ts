import type { FilterExpression, Statement, Target } from "../syntax/nodes.ts";
import { isTrue } from "../values/compare.ts";
import { TemplateError } from "../values/errors.ts";
import { escaped } from "../values/escape.ts";
import { itemsIn, itemsOf, listOf } from "../values/iterate.ts";
import { textOf } from "../values/print.ts";
import { typeName } from "../values/types.ts";
import { Markup, Thing, Undefined, type Value } from "../values/values.ts";
import { argumentsOf, evaluate, type Rendering } from "./evaluate.ts";
import { Loop } from "./loop.ts";
import { macroOf } from "./macro.ts";
import { Output } from "./output.ts";
import { Scope } from "./scope.ts";

/** Renders statements, one after another. */
export function render(run: Rendering, scope: Scope, statements: Statement[], output: Output): void {
  for (const statement of statements) run.budget.statement(() => renderOne(run, scope, statement, output));
}

/** What statements print, as a value. */
export function printed(run: Rendering, scope: Scope, statements: Statement[]): Value {
  const output = new Output(run.budget);
  run.budget.deeper(() => render(run, scope, statements, output));
  // The texts of its statements no longer count.
  const text = run.budget.made(output.text);
  return run.is_escaping ? new Markup(text) : text;
}

function renderOne(run: Rendering, scope: Scope, statement: Statement, output: Output): void {
  switch (statement.kind) {
    case "text":
      output.add(statement.text);
      return;
    case "print":
      print(run, evaluate(run, scope, statement.value), output);
      return;
    case "if": {
      const branch = statement.branches.find(({ test }) => isTrue(evaluate(run, scope, test)));
      render(run, scope, branch?.body ?? statement.otherwise, output);
      return;
    }
    case "for":
      renderLoop(run, scope, statement, evaluate(run, scope, statement.items), 0, output);
      return;
    case "set":
      assign(run, scope, statement.target, evaluate(run, scope, statement.value));
      return;
    case "set block": {
      const text = printed(run, new Scope(scope), statement.body);
      const { filter } = statement;
      assign(run, scope, statement.target, filter ? filtered(run, scope, filter, text) : text);
      return;
    }
    case "with": {
      const inner = new Scope(scope);
      const values = statement.targets.map(({ value }) => evaluate(run, scope, value));
      for (const [at, { target }] of statement.targets.entries())
        assign(run, inner, target, values[at] ?? null);
      render(run, inner, statement.body, output);
      return;
    }
    case "macro":
      scope.set(statement.name, macroOf(run, scope, statement.name, statement, printed));
      return;
    case "call block": {
      const { call, body, parameters } = statement;
      const args = argumentsOf(run, scope, call.args);
      args.named.set("caller", macroOf(run, scope, null, { parameters, body }, printed));
      const macro = evaluate(run, scope, call.of);
      if (!(macro instanceof Thing) || !macro.can.call)
        throw new TemplateError(`'${typeName(macro)}' object is not callable`);
      print(run, macro.can.call(args), output);
      return;
    }
    case "filter block":
      print(
        run,
        filtered(run, scope, statement.filter, printed(run, new Scope(scope), statement.body)),
        output,
      );
      return;
    case "escaping": {
      const was_escaping = run.is_escaping;
      run.is_escaping = isTrue(evaluate(run, scope, statement.on));
      render(run, new Scope(scope), statement.body, output);
      run.is_escaping = was_escaping;
      return;
    }
    case "block":
      render(run, new Scope(scope.root), statement.body, output);
      return;
    case "other template":
      evaluate(run, scope, statement.from);
      throw new TemplateError("no loader for this environment specified");
  }
}

function print(run: Rendering, value: Value, output: Output): void {
  output.add(run.is_escaping ? escaped(value, run.budget) : textOf(value, run.budget));
}

/** The filters of a block, applied to what it prints. */
function filtered(run: Rendering, scope: Scope, filter: FilterExpression, text: Value): Value {
  const value = filter.of?.kind === "filter" ? filtered(run, scope, filter.of, text) : text;
  return run.filter(filter.name, value, argumentsOf(run, scope, filter.args));
}

type ForStatement = Extract<Statement, { kind: "for" }>;

/** Steps of one round of a loop. */
const ROUND_STEPS = 16;

function renderLoop(
  run: Rendering,
  scope: Scope,
  statement: ForStatement,
  value: Value,
  depth: number,
  output: Output,
): void {
  const again = statement.is_recursive ? recursion(run, scope, statement) : undefined;
  const items = loopItems(run, scope, statement, value);
  const loop = new Loop(run, items, depth, again);
  for (const [at, item] of items.entries()) {
    run.budget.spend(ROUND_STEPS);
    loop.moveTo(at);
    const inner = new Scope(scope);
    inner.set("loop", loop.value);
    assign(run, inner, statement.target, item);
    render(run, inner, statement.body, output);
  }
  if (items.length === 0) render(run, new Scope(scope), statement.otherwise, output);
}

function recursion(run: Rendering, scope: Scope, statement: ForStatement) {
  return (inner: Value, depth: number): Value =>
    run.budget.deeper(() => {
      const text = new Output(run.budget);
      renderLoop(run, scope, statement, inner, depth, text);
      return run.is_escaping ? new Markup(text.text) : text.text;
    });
}

function loopItems(run: Rendering, scope: Scope, { target, test }: ForStatement, value: Value): Value[] {
  const items = listOf(value, run.budget);
  if (!test) return items;
  return items.filter((item) => {
    const inner = new Scope(scope);
    assign(run, inner, target, item);
    return isTrue(evaluate(run, inner, test));
  });
}

function assign(run: Rendering, scope: Scope, target: Target, value: Value): void {
  if (target.kind === "name") scope.assign(target.name, value, run.budget);
  else if (target.kind === "attribute") assignAttribute(scope, target.namespace, target.name, value);
  else assignItems(run, scope, target.items, value);
}

function assignAttribute(scope: Scope, namespace: string, name: string, value: Value): void {
  const owner = scope.get(namespace) ?? new Undefined(`'${namespace}' is undefined`);
  if (!(owner instanceof Thing) || !owner.can.assign) {
    throw new TemplateError("cannot assign attribute on non-namespace object");
  }
  owner.can.assign(name, value);
}

function assignItems(run: Rendering, scope: Scope, targets: Target[], value: Value): void {
  if (!itemsIn(value)) throw new TemplateError(`cannot unpack non-iterable ${typeName(value)} object`);
  const items = [...itemsOf(value)];
  if (items.length > targets.length)
    throw new TemplateError(`too many values to unpack (expected ${targets.length})`);
  if (items.length < targets.length) {
    throw new TemplateError(`not enough values to unpack (expected ${targets.length}, got ${items.length})`);
  }
  for (const [at, target] of targets.entries()) assign(run, scope, target, items[at] ?? null);
}
