import { expressionsOf, namesIn, partsOf } from "./children.ts";
import type { Expression, Statement, Target } from "./nodes.ts";

/** The names that every template knows. */
const GLOBAL_NAMES: ReadonlySet<string> = new Set([
  "range",
  "dict",
  "lipsum",
  "cycler",
  "joiner",
  "namespace",
]);

/** Where a name's value comes from in one frame. */
type Origin = "given" | "made" | "outside";

/** A part of a template with names of its own: the whole, a loop's body, a macro. */
interface Frame {
  parent: Frame | undefined;
  /** For a branch of an `if`: the frame that it is in. The branch has only what it adds, because a copy would cost too much. */
  base: Frame | undefined;
  origins: Map<string, Origin>;
  stores: Set<string>;
}

/** What is looked at once the frame around it is known. */
type Later = (parent: Frame) => void;

/**
 * The names that a template expects to be given: Jinja's `find_undeclared_variables`. A name that only some branches of an `if` set
 * is among them.
 */
export function namesWanted(template: Statement[]): Set<string> {
  const wanted = new Set<string>();
  const enter = (
    parent: Frame | undefined,
    given: string[],
    look: (frame: Frame, later: Later[]) => void,
  ) => {
    const frame: Frame = {
      parent,
      base: undefined,
      origins: new Map(given.map((name) => [name, "given"])),
      stores: new Set(),
    };
    const later: Later[] = [];
    look(frame, later);
    for (const [name, origin] of frame.origins)
      if (origin === "outside" && !GLOBAL_NAMES.has(name)) wanted.add(name);
    for (const act of later) act(frame);
  };
  const inside = (given: string[], body: Statement[], first: Expression[] = []): Later => {
    return (parent) =>
      enter(parent, given, (frame, later) => {
        for (const expression of first) load(frame, expression);
        lookAll(frame, body, later);
      });
  };

  function lookAll(frame: Frame, statements: Statement[], later: Later[]): void {
    for (const statement of statements) look(frame, statement, later);
  }

  function look(frame: Frame, statement: Statement, later: Later[]): void {
    switch (statement.kind) {
      case "if":
        lookBranches(frame, statement, later);
        return;
      case "for":
        load(frame, statement.items);
        later.push(inside(["loop", ...namesIn(statement.target)], statement.body, optional(statement.test)));
        later.push(inside([], statement.otherwise));
        return;
      case "set":
        load(frame, statement.value);
        store(frame, statement.target);
        return;
      case "set block":
        store(frame, statement.target);
        later.push(inside([], statement.body));
        return;
      case "with": {
        for (const { value } of statement.targets) load(frame, value);
        const given = statement.targets.flatMap(({ target }) => namesIn(target));
        later.push(inside(given, statement.body));
        return;
      }
      case "macro":
        storeName(frame, statement.name);
        later.push(
          inside(macroNames(statement.parameters.names), statement.body, statement.parameters.defaults),
        );
        return;
      case "call block":
        load(frame, statement.call);
        later.push(
          inside(macroNames(statement.parameters.names), statement.body, statement.parameters.defaults),
        );
        return;
      case "block":
        later.push(() => inside([], statement.body)(ROOT));
        return;
      case "escaping":
        later.push(inside([], statement.body, [statement.on]));
        return;
      case "filter block":
        load(frame, statement.filter);
        later.push(inside([], statement.body));
        return;
      default:
        for (const expression of expressionsOf(statement)) load(frame, expression);
        if (statement.kind === "other template") for (const name of statement.made) storeName(frame, name);
    }
  }

  /** Jinja looks at the body, the `elif` branches together, and the `else` as three branches, whether they are there or not. */
  function lookBranches(frame: Frame, statement: Extract<Statement, { kind: "if" }>, later: Later[]): void {
    const [first, ...others] = statement.branches;
    if (first) load(frame, first.test);
    const parts: ((branch: Frame) => void)[] = [
      (branch) => lookAll(branch, first?.body ?? [], later),
      (branch) => {
        for (const other of others)
          lookBranches(branch, { kind: "if", branches: [other], otherwise: [] }, later);
      },
      (branch) => lookAll(branch, statement.otherwise, later),
    ];
    join(
      frame,
      parts.map((part) => {
        const branch = { parent: frame.parent, base: frame, origins: new Map(), stores: new Set<string>() };
        part(branch);
        return branch;
      }),
    );
  }

  enter(undefined, ["self"], (frame, later) => lookAll(frame, template, later));
  return wanted;
}

const ROOT: Frame = { parent: undefined, base: undefined, origins: new Map(), stores: new Set() };

function optional(expression: Expression | null): Expression[] {
  return expression ? [expression] : [];
}

function macroNames(names: string[]): string[] {
  return [...names, "caller", "varargs", "kwargs"];
}

function isKnown(frame: Frame | undefined, name: string): boolean {
  return frame !== undefined && (originOf(frame, name) !== undefined || isKnown(frame.parent, name));
}

function originOf(frame: Frame | undefined, name: string): Origin | undefined {
  return frame && (frame.origins.get(name) ?? originOf(frame.base, name));
}

function isStored(frame: Frame | undefined, name: string): boolean {
  return frame !== undefined && (frame.stores.has(name) || isStored(frame.base, name));
}

function load(frame: Frame, expression: Expression): void {
  if (expression.kind === "name" && !isKnown(frame, expression.name))
    frame.origins.set(expression.name, "outside");
  for (const part of partsOf(expression)) load(frame, part);
}

function store(frame: Frame, target: Target): void {
  if (target.kind !== "attribute") {
    for (const name of namesIn(target)) storeName(frame, name);
  } else if (!isKnown(frame, target.namespace)) frame.origins.set(target.namespace, "outside");
}

function storeName(frame: Frame, name: string): void {
  frame.stores.add(name);
  if (originOf(frame, name) === undefined) frame.origins.set(name, "made");
}

/** Puts branches together: a name that only some of them set may come from outside. */
function join(frame: Frame, branches: Frame[]): void {
  const counts = new Map<string, number>();
  for (const { stores } of branches)
    for (const name of stores) if (!isStored(frame, name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const changed = new Set(branches.flatMap(({ origins }) => [...origins.keys()]));
  // The last branch that knows a name decides.
  const decided = [...changed].map((name) => {
    const origins = branches.map((branch) => originOf(branch, name));
    return [name, origins.findLast((origin) => origin !== undefined)] as const;
  });
  for (const [name, origin] of decided) if (origin) frame.origins.set(name, origin);
  for (const { stores } of branches) for (const name of stores) frame.stores.add(name);
  for (const [name, count] of counts) {
    if (count < branches.length && !isKnown(frame.parent, name)) frame.origins.set(name, "outside");
  }
}
