import { bodiesOf, expressionsOf, partsOf } from "../jinja/syntax/children.ts";
import type { Expression, Statement } from "../jinja/syntax/nodes.ts";
import { KEY_SCOPES, type KeyScope } from "../model/key.ts";

/** A key of the key-value table that a template reads: `st2kv.system.a.b` is the one key `a.b`. */
export interface KeyPath {
  scope: KeyScope;
  name: string;
}

/** Identifies a key among all scopes. */
export function keyId({ scope, name }: KeyPath): string {
  return `${scope} ${name}`;
}

/** The key that an expression reads: by attributes, or by a quoted name. */
export function keyOf(expression: Expression): KeyPath | undefined {
  if (expression.kind === "item") {
    const scope = scopeOf(expression.of);
    const { key } = expression;
    const is_quoted = scope && key.kind === "constant" && typeof key.value === "string";
    return is_quoted ? { scope, name: String(key.value) } : undefined;
  }
  if (expression.kind !== "attribute") return undefined;
  const scope = scopeOf(expression.of);
  if (scope) return { scope, name: expression.name };
  if (expression.of.kind !== "attribute") return undefined;
  const before = keyOf(expression.of);
  return before && { scope: before.scope, name: `${before.name}.${expression.name}` };
}

function scopeOf(expression: Expression): KeyScope | undefined {
  if (expression.kind !== "attribute" || expression.of.kind !== "name" || expression.of.name !== "st2kv")
    return undefined;
  return KEY_SCOPES.find((scope) => scope === expression.name);
}

/** The keys that a template reads. */
export function keysIn(statements: Statement[]): KeyPath[] {
  return statements.flatMap((statement) => [
    ...expressionsOf(statement).flatMap(keysRead),
    ...keysIn(bodiesOf(statement)),
  ]);
}

function keysRead(expression: Expression): KeyPath[] {
  const key = keyOf(expression);
  if (key) return [key];
  // What is called is no key, but a function of its value.
  if (expression.kind === "call" && expression.of.kind === "attribute") {
    const { of, ...rest } = expression;
    return [
      ...keysRead(of.of),
      ...partsOf({ ...rest, of: { kind: "constant", value: null } }).flatMap(keysRead),
    ];
  }
  return partsOf(expression).flatMap(keysRead);
}
