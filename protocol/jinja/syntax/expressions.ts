import type { Sign } from "../operators/arithmetic.ts";
import { quoted } from "../values/print.ts";
import { type Cursor, described } from "./cursor.ts";
import type { Comparison, Expression } from "./nodes.ts";
import { readFilters, readPostfix, readPrimary } from "./primary.ts";

/** An expression. Where a loop's `if` may follow, it takes no `if` of its own. */
export function readExpression(cursor: Cursor, with_choice = true): Expression {
  return cursor.deeper(() => (with_choice ? readChoice(cursor) : readOr(cursor)));
}

/** An expression, or several with commas between them, which are a tuple. */
export function readTuple(
  cursor: Cursor,
  {
    with_choice = true,
    in_braces = false,
    until = "",
  }: { with_choice?: boolean; in_braces?: boolean; until?: string } = {},
): Expression {
  const items: Expression[] = [];
  let is_tuple = false;
  while (true) {
    if (items.length > 0) cursor.expect(",");
    if (isTupleEnd(cursor, until)) break;
    items.push(readExpression(cursor, with_choice));
    if (!cursor.is(",")) break;
    is_tuple = true;
  }
  const [only] = items;
  if (only && !is_tuple) return only;
  if (!only && !in_braces) cursor.fail(`Expected an expression, got ${quoted(described(cursor.token))}`);
  return { kind: "tuple", items };
}

function isTupleEnd(cursor: Cursor, until: string): boolean {
  const { type } = cursor.token;
  return (
    type === "close print" ||
    type === "close block" ||
    cursor.is(")") ||
    (until !== "" && cursor.isWord(until))
  );
}

function readChoice(cursor: Cursor): Expression {
  let yes = readOr(cursor);
  while (cursor.skipWord("if")) {
    cursor.link();
    const test = readOr(cursor);
    const no = cursor.skipWord("else") ? cursor.deeper(() => readChoice(cursor)) : null;
    yes = { kind: "choice", test, yes, no };
  }
  return yes;
}

function readOr(cursor: Cursor): Expression {
  let left = readAnd(cursor);
  while (cursor.skipWord("or")) {
    cursor.link();
    left = { kind: "or", left, right: readAnd(cursor) };
  }
  return left;
}

function readAnd(cursor: Cursor): Expression {
  let left = readNot(cursor);
  while (cursor.skipWord("and")) {
    cursor.link();
    left = { kind: "and", left, right: readNot(cursor) };
  }
  return left;
}

function readNot(cursor: Cursor): Expression {
  if (cursor.skipWord("not")) return { kind: "not", of: cursor.deeper(() => readNot(cursor)) };
  return readComparison(cursor);
}

const COMPARISONS = ["==", "!=", "<", "<=", ">", ">="] as const;

function readComparison(cursor: Cursor): Expression {
  const first = readSum(cursor);
  const others: { by: Comparison; value: Expression }[] = [];
  for (let by = comparisonAt(cursor); by; by = comparisonAt(cursor))
    others.push({ by, value: readSum(cursor) });
  return others.length > 0 ? { kind: "comparison", first, others } : first;
}

function comparisonAt(cursor: Cursor): Comparison | undefined {
  const sign = COMPARISONS.find((one) => cursor.skip(one));
  if (sign) return sign;
  if (cursor.skipWord("in")) return "in";
  if (!cursor.isWord("not") || cursor.following.type !== "name" || cursor.following.text !== "in")
    return undefined;
  cursor.next();
  cursor.next();
  return "not in";
}

/** Calculations from the left to the right. */
function calculation(
  cursor: Cursor,
  signs: readonly Sign[],
  read: (cursor: Cursor) => Expression,
): Expression {
  let left = read(cursor);
  for (let sign = signs.find((one) => cursor.skip(one)); sign; sign = signs.find((one) => cursor.skip(one))) {
    cursor.link();
    left = { kind: "calculation", sign, left, right: read(cursor) };
  }
  return left;
}

const readSum = (cursor: Cursor): Expression => calculation(cursor, ["+", "-"], readJoined);

function readJoined(cursor: Cursor): Expression {
  const first = readProduct(cursor);
  const parts = [first];
  while (cursor.skip("~")) parts.push(readProduct(cursor));
  return parts.length > 1 ? { kind: "joined", parts } : first;
}

const readProduct = (cursor: Cursor): Expression => calculation(cursor, ["*", "/", "//", "%"], readPower);

const readPower = (cursor: Cursor): Expression => calculation(cursor, ["**"], (at) => readSigned(at, true));

function readSigned(cursor: Cursor, with_filters: boolean): Expression {
  const sign = cursor.is("-") ? "-" : cursor.is("+") ? "+" : undefined;
  if (sign) cursor.next();
  const value: Expression = sign
    ? { kind: "signed", sign, of: cursor.deeper(() => readSigned(cursor, false)) }
    : readPrimary(cursor, readers);
  const whole = readPostfix(cursor, value, readers);
  return with_filters ? readFilters(cursor, whole, readers) : whole;
}

/** What the parts of an expression read their own expressions with. */
const readers = { expression: readExpression, tuple: readTuple };

/** The filters of a block: the first one has no sign before it. */
export function readBlockFilter(cursor: Cursor, is_first_bare: boolean): Expression | null {
  return readFilters(cursor, null, readers, is_first_bare);
}
