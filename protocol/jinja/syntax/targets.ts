import { quoted } from "../values/print.ts";
import type { Cursor } from "./cursor.ts";
import { readExpression } from "./expressions.ts";
import type { Expression, Parameters, Target } from "./nodes.ts";
import { readPrimary } from "./primary.ts";

const CONSTANT_NAMES = ["true", "false", "none", "True", "False", "None"];

/** What a statement assigns to: a name, several, or an attribute of a namespace. */
export function readTarget(cursor: Cursor, { with_namespace = false, until = "" } = {}): Target {
  const { token, following } = cursor;
  if (with_namespace && token.type === "name" && following.type === "operator" && following.text === ".") {
    cursor.next();
    cursor.next();
    return { kind: "attribute", namespace: token.text, name: cursor.expectType("name").text };
  }
  return readTargets(cursor, until);
}

/** A name, or a tuple of names: braces may lie in braces. */
function readTargets(cursor: Cursor, until: string): Target {
  const targets: Target[] = [];
  let is_tuple = false;
  while (true) {
    if (targets.length > 0) cursor.expect(",");
    if (cursor.token.type === "close block" || cursor.is(")") || (until !== "" && cursor.isWord(until)))
      break;
    targets.push(asTarget(cursor, readPrimary(cursor, READERS)));
    if (!cursor.is(",")) break;
    is_tuple = true;
  }
  const [only] = targets;
  if (!only) cursor.fail(`Expected an expression, got ${quoted("end of statement block")}`);
  return is_tuple ? { kind: "tuple", items: targets } : only;
}

const READERS = {
  expression: readExpression,
  tuple: (cursor: Cursor) => expressionOf(readTargets(cursor, "")),
};

function expressionOf(target: Target): Expression {
  if (target.kind === "tuple") return { kind: "tuple", items: target.items.map(expressionOf) };
  return { kind: "name", name: target.name };
}

function asTarget(cursor: Cursor, value: Expression): Target {
  if (value.kind === "name") return { kind: "name", name: value.name };
  if (value.kind === "tuple")
    return { kind: "tuple", items: value.items.map((item) => asTarget(cursor, item)) };
  return cursor.fail(`can't assign to '${value.kind === "constant" ? "const" : value.kind}'`);
}

/** A name that a statement makes. */
export function readName(cursor: Cursor): string {
  const { text } = cursor.expectType("name");
  if (CONSTANT_NAMES.includes(text)) cursor.fail("can't assign to 'const'");
  return text;
}

/** The parameters of a macro. */
export function readParameters(cursor: Cursor): Parameters {
  const parameters: Parameters = { names: [], defaults: [] };
  cursor.expect("(");
  while (!cursor.is(")")) {
    if (parameters.names.length > 0) cursor.expect(",");
    parameters.names.push(readName(cursor));
    if (cursor.skip("=")) parameters.defaults.push(readExpression(cursor));
    else if (parameters.defaults.length > 0) cursor.fail("non-default argument follows default argument");
  }
  cursor.next();
  return parameters;
}
