import { wholeOfDigits } from "../values/numbers.ts";
import { quoted } from "../values/print.ts";
import { type Cursor, described } from "./cursor.ts";
import type { CallArguments, Expression } from "./nodes.ts";

/** How the expressions inside others are read. */
export interface Readers {
  expression: (cursor: Cursor) => Expression;
  tuple: (cursor: Cursor, options: { in_braces: boolean }) => Expression;
}

const CONSTANTS: Record<string, boolean | null> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};

/** A name, a constant, a list, an object, or an expression in braces. */
export function readPrimary(cursor: Cursor, read: Readers): Expression {
  const { type, text } = cursor.token;
  switch (type) {
    case "name":
      cursor.next();
      if (Object.hasOwn(CONSTANTS, text)) return { kind: "constant", value: CONSTANTS[text] ?? null };
      return { kind: "name", name: text };
    case "string": {
      let value = "";
      while (cursor.token.type === "string") value += cursor.next().text;
      return { kind: "constant", value };
    }
    case "whole":
      cursor.next();
      return { kind: "constant", value: wholeOfDigits(wholeDigits(text)) };
    case "float":
      cursor.next();
      return { kind: "constant", value: Number(text.replaceAll("_", "")) };
  }
  if (cursor.skip("(")) {
    const inside = read.tuple(cursor, { in_braces: true });
    cursor.expect(")");
    return inside;
  }
  if (cursor.skip("[")) return { kind: "list", items: readItems(cursor, "]", () => read.expression(cursor)) };
  if (cursor.skip("{"))
    return { kind: "object", entries: readItems(cursor, "}", () => readEntry(cursor, read)) };
  return cursor.fail(`unexpected ${quoted(described(cursor.token))}`);
}

/** `00` is nought to Python, and no number to JavaScript's reader of whole numbers. */
function wholeDigits(text: string): string {
  return text.replaceAll("_", "").toLowerCase();
}

function readItems<T>(cursor: Cursor, close: string, read: () => T): T[] {
  const items: T[] = [];
  while (!cursor.is(close)) {
    if (items.length > 0) cursor.expect(",");
    if (cursor.is(close)) break;
    items.push(read());
  }
  cursor.next();
  return items;
}

function readEntry(cursor: Cursor, read: Readers): { key: Expression; value: Expression } {
  const key = read.expression(cursor);
  cursor.expect(":");
  return { key, value: read.expression(cursor) };
}

/** What follows a value: `.name`, `[key]` and calls. */
export function readPostfix(cursor: Cursor, value: Expression, read: Readers): Expression {
  let whole = value;
  while (true) {
    cursor.link();
    if (cursor.skip(".")) whole = readDot(cursor, whole);
    else if (cursor.skip("[")) whole = readBracket(cursor, whole, read);
    else if (cursor.is("(")) whole = { kind: "call", of: whole, args: readArguments(cursor, read) };
    else return whole;
  }
}

function readDot(cursor: Cursor, of: Expression): Expression {
  const { type, text } = cursor.next();
  if (type === "name") return { kind: "attribute", of, name: text };
  if (type === "whole")
    return { kind: "item", of, key: { kind: "constant", value: wholeOfDigits(wholeDigits(text)) } };
  return cursor.fail("expected name or number");
}

function readBracket(cursor: Cursor, of: Expression, read: Readers): Expression {
  const keys: (Expression | "slice")[] = [];
  let sliced: Expression | undefined;
  while (!cursor.is("]")) {
    if (keys.length > 0) cursor.expect(",");
    const start = cursor.is(":") ? null : read.expression(cursor);
    if (start && !cursor.is(":")) {
      keys.push(start);
      continue;
    }
    sliced = readSlice(cursor, of, start, read);
    keys.push("slice");
  }
  cursor.next();
  const [key] = keys;
  if (keys.length === 1 && sliced) return sliced;
  if (sliced) return cursor.fail("a slice stands alone between brackets");
  if (keys.length === 1 && key && key !== "slice") return { kind: "item", of, key };
  return { kind: "item", of, key: { kind: "tuple", items: keys.filter((one) => one !== "slice") } };
}

function readSlice(cursor: Cursor, of: Expression, start: Expression | null, read: Readers): Expression {
  const part = () => (cursor.is(":") || cursor.is("]") || cursor.is(",") ? null : read.expression(cursor));
  cursor.expect(":");
  const stop = part();
  const step = cursor.skip(":") ? part() : null;
  return { kind: "slice", of, start, stop, step };
}

/** The filters and tests behind a value; a block's first filter may stand without a sign. */
export function readFilters<T extends Expression | null>(
  cursor: Cursor,
  value: T,
  read: Readers,
  is_first_bare = false,
): Expression | T {
  let whole: Expression | T = value;
  let is_bare = is_first_bare;
  while (true) {
    cursor.link();
    if (is_bare || cursor.skip("|")) {
      const name = readDottedName(cursor);
      const args = cursor.is("(") ? readArguments(cursor, read) : noArguments();
      whole = { kind: "filter", of: whole, name, args };
      is_bare = false;
    } else if (whole && cursor.isWord("is")) whole = readTest(cursor, whole, read);
    else if (whole && value && cursor.is("("))
      whole = { kind: "call", of: whole, args: readArguments(cursor, read) };
    else return whole;
  }
}

function readTest(cursor: Cursor, of: Expression, read: Readers): Expression {
  cursor.next();
  const is_not = cursor.skipWord("not");
  const name = readDottedName(cursor);
  const has_braces = cursor.is("(");
  const args = has_braces ? readArguments(cursor, read) : noArguments();
  if (!has_braces && beginsArgument(cursor)) {
    if (cursor.isWord("is")) cursor.fail("You cannot chain multiple tests with is");
    args.positional.push(readPostfix(cursor, readPrimary(cursor, read), read));
  }
  const test: Expression = { kind: "test", of, name, args };
  return is_not ? { kind: "not", of: test } : test;
}

/** Whether an argument without braces follows: `is divisibleby 3`. */
function beginsArgument(cursor: Cursor): boolean {
  const { type } = cursor.token;
  if (type === "name") return !cursor.isWord("else", "or", "and");
  return type === "string" || type === "whole" || type === "float" || cursor.is("[") || cursor.is("{");
}

function readDottedName(cursor: Cursor): string {
  let name = cursor.expectType("name").text;
  while (cursor.skip(".")) name += `.${cursor.expectType("name").text}`;
  return name;
}

function noArguments(): CallArguments {
  return { positional: [], named: [] };
}

function readArguments(cursor: Cursor, read: Readers): CallArguments {
  const args = noArguments();
  const ensure = (holds: boolean) => holds || cursor.fail("invalid syntax for function call expression");
  cursor.expect("(");
  for (let is_first = true; !cursor.is(")"); is_first = false) {
    if (!is_first) cursor.expect(",");
    if (cursor.is(")")) break;
    if (cursor.skip("*")) {
      ensure(!args.list && !args.object);
      args.list = read.expression(cursor);
    } else if (cursor.skip("**")) {
      ensure(!args.object);
      args.object = read.expression(cursor);
    } else if (
      cursor.token.type === "name" &&
      cursor.following.type === "operator" &&
      cursor.following.text === "="
    ) {
      ensure(!args.object);
      const { text } = cursor.next();
      cursor.next();
      args.named.push({ name: text, value: read.expression(cursor) });
    } else {
      ensure(!args.list && !args.object && args.named.length === 0);
      args.positional.push(read.expression(cursor));
    }
  }
  cursor.next();
  return args;
}
