import type { Steps } from "../../base/steps.ts";
import { FILTERS } from "../filters/all.ts";
import { bodiesOf, expressionsOf, partsOf } from "../syntax/children.ts";
import { namesWanted } from "../syntax/names.ts";
import type { Expression, Statement } from "../syntax/nodes.ts";
import { parseTemplate } from "../syntax/parse.ts";
import type { Budget } from "../values/budget.ts";
import { isTrue } from "../values/compare.ts";
import { TemplateError } from "../values/errors.ts";
import { textOf } from "../values/print.ts";
import { type Native, readArguments } from "../values/run.ts";
import { type Arguments, Thing, type Value } from "../values/values.ts";
import { evaluate, type Rendering } from "./evaluate.ts";
import { globalsOf } from "./globals.ts";
import { Output } from "./output.ts";
import { Scope } from "./scope.ts";
import { render } from "./statements.ts";
import { TESTS } from "./tests.ts";

/** Where a template is rendered: its values, the filters besides Jinja's own, and what it may cost. */
export interface Surroundings {
  values: Record<string, Value>;
  filters: Record<string, Native>;
  budget: Budget;
  /** The value of an attribute or an item that is not read part by part. */
  known?: (expression: Expression) => Value | undefined;
}

/** A template that has been read. */
export class Template {
  readonly statements: Statement[];

  /** Throws a `TemplateSyntaxError` for a text that is none. Reading it counts as work. */
  constructor(source: string, steps?: Steps) {
    this.statements = parseTemplate(source, steps);
  }

  /** The names that it expects to be given. */
  get names(): Set<string> {
    return namesWanted(this.statements);
  }

  /**
   * What it comes to, and the value of the expression that it consists of; without a value where it is more than one expression and white
   * space.
   */
  render(surroundings: Surroundings): { text: string; value: Value | undefined } {
    const { statements } = this;
    const whole = wholeExpression(statements);
    return guarded(surroundings, statements, (run, scope) => {
      const output = new Output(run.budget);
      const value = whole && evaluate(run, scope, whole);
      if (value === undefined) render(run, scope, statements, output);
      else
        for (const one of statements) output.add(one.kind === "text" ? one.text : textOf(value, run.budget));
      return { text: output.text, value };
    });
  }
}

function wholeExpression(statements: Statement[]): Expression | undefined {
  const rest = statements.filter((one) => one.kind !== "text" || one.text.trim() !== "");
  const [only] = rest;
  return rest.length === 1 && only?.kind === "print" ? only.value : undefined;
}

function guarded<T>(
  surroundings: Surroundings,
  statements: Statement[],
  act: (run: Rendering, scope: Scope) => T,
): T {
  const run = runOf(surroundings);
  refuseUnknown(run, statements);
  const scope = new Scope();
  const values = { ...globalsOf(run), self: SELF, ...surroundings.values };
  for (const [name, value] of Object.entries(values)) scope.set(name, value);
  try {
    return act(run, scope);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The platform's stack may end before the template's own limits.
    const is_deep = /call stack/.test(error.message);
    throw new TemplateError(is_deep ? "its values or calls are nested too deep" : error.message);
  }
}

const SELF = new Thing("TemplateReference", "<TemplateReference None>", {});

function runOf({ filters, budget, known = () => undefined }: Surroundings): Rendering {
  const of = { filter: { ...FILTERS, ...filters }, test: TESTS };
  const find = (kind: "filter" | "test", name: string): Native => {
    const found = Object.hasOwn(of[kind], name) ? of[kind][name] : undefined;
    if (found) return found;
    throw new TemplateError(`No ${kind} named '${name}'.`);
  };
  const apply = (kind: "filter" | "test", name: string, value: Value, { positional, named }: Arguments) => {
    const args = { positional: [value, ...positional], named };
    readArguments(run, args);
    return find(kind, name)(run, args);
  };
  const run: Rendering = {
    budget,
    known,
    is_escaping: false,
    filter: (name, value, args) => apply("filter", name, value, args),
    test: (name, value, args) => isTrue(apply("test", name, value, args)),
    has: (kind, name) => Object.hasOwn(of[kind], name),
  };
  return run;
}

/** A filter that is not known is refused before anything is rendered, unless a condition decides whether it is needed. */
function refuseUnknown(run: Rendering, statements: Statement[]): void {
  const names = new Set<string>();
  const visit = (expression: Expression) => {
    if (expression.kind === "choice") return;
    if (
      (expression.kind === "filter" || expression.kind === "test") &&
      !run.has(expression.kind, expression.name)
    ) {
      throw new TemplateError(`No ${expression.kind} named '${expression.name}'.`);
    }
    for (const part of partsOf(expression)) visit(part);
  };
  const visitAll = (body: Statement[]) => {
    for (const statement of body) {
      if (statement.kind === "if") continue;
      if (statement.kind === "block") {
        if (names.has(statement.name)) throw new TemplateError(`block '${statement.name}' defined twice`);
        names.add(statement.name);
      }
      for (const expression of expressionsOf(statement)) visit(expression);
      visitAll(bodiesOf(statement));
    }
  };
  visitAll(statements);
}
