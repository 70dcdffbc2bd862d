import type { Cursor } from "./cursor.ts";
import { readBlockFilter, readExpression, readTuple } from "./expressions.ts";
import type { FilterExpression, Statement } from "./nodes.ts";
import type { Reader, ReadTag } from "./reader.ts";
import { readName, readParameters, readTarget } from "./targets.ts";

/** The tags of Jinja, without those of its extensions. */
export const TAGS: Record<string, ReadTag> = {
  if: readIf,
  for: readFor,
  set: readSet,
  with: readWith,
  macro: (reader, cursor) => {
    const name = readName(cursor);
    return { kind: "macro", name, parameters: readParameters(cursor), body: reader.whole("endmacro") };
  },
  call: (reader, cursor) => {
    const parameters = cursor.is("(") ? readParameters(cursor) : { names: [], defaults: [] };
    const call = readExpression(cursor);
    if (call.kind !== "call") return cursor.fail("expected call");
    return { kind: "call block", parameters, call, body: reader.whole("endcall") };
  },
  filter: (reader, cursor) => {
    const filter = filterIn(readBlockFilter(cursor, true));
    if (!filter) return cursor.fail("expected token 'name', got 'end of statement block'");
    return { kind: "filter block", filter, body: reader.whole("endfilter") };
  },
  autoescape: (reader, cursor) => ({
    kind: "escaping",
    on: readExpression(cursor),
    body: reader.whole("endautoescape"),
  }),
  block: (reader, cursor) => {
    const { text: name } = cursor.expectType("name");
    cursor.skipWord("scoped");
    cursor.skipWord("required");
    const body = reader.whole("endblock");
    cursor.skipWord(name);
    return { kind: "block", name, body };
  },
  extends: (_, cursor) => ({
    kind: "other template",
    made: [],
    from: readExpression(cursor),
    is_optional: false,
  }),
  include: (_, cursor) => {
    const from = readExpression(cursor);
    const is_optional = cursor.isWord("ignore");
    if (is_optional) {
      cursor.next();
      cursor.expectWord("missing");
    }
    skipContext(cursor);
    return { kind: "other template", made: [], from, is_optional };
  },
  import: (_, cursor) => {
    const from = readExpression(cursor);
    cursor.expectWord("as");
    const made = [readName(cursor)];
    skipContext(cursor);
    return { kind: "other template", made, from, is_optional: false };
  },
  from: readFrom,
};

function skipContext(cursor: Cursor): void {
  if (!cursor.isWord("with", "without")) return;
  cursor.next();
  cursor.expectWord("context");
}

function readFrom(_: Reader, cursor: Cursor): Statement {
  const from = readExpression(cursor);
  cursor.expectWord("import");
  const made: string[] = [];
  while (cursor.token.type === "name" && !cursor.isWord("with", "without")) {
    const name = readName(cursor);
    made.push(cursor.skipWord("as") ? readName(cursor) : name);
    if (!cursor.skip(",")) break;
  }
  skipContext(cursor);
  return { kind: "other template", made, from, is_optional: false };
}

function readIf(reader: Reader, cursor: Cursor): Statement {
  const branches: Extract<Statement, { kind: "if" }>["branches"] = [];
  while (true) {
    const test = readTuple(cursor, { with_choice: false });
    branches.push({ test, body: reader.body("elif", "else", "endif") });
    const tag = cursor.next().text;
    if (tag === "elif") continue;
    return { kind: "if", branches, otherwise: tag === "else" ? reader.whole("endif") : [] };
  }
}

function readFor(reader: Reader, cursor: Cursor): Statement {
  const target = readTarget(cursor, { until: "in" });
  cursor.expectWord("in");
  const items = readTuple(cursor, { with_choice: false, until: "recursive" });
  const test = cursor.skipWord("if") ? readExpression(cursor) : null;
  const is_recursive = cursor.skipWord("recursive");
  const body = reader.body("endfor", "else");
  const otherwise = cursor.next().text === "else" ? reader.whole("endfor") : [];
  return { kind: "for", target, items, test, is_recursive, body, otherwise };
}

function readSet(reader: Reader, cursor: Cursor): Statement {
  const target = readTarget(cursor, { with_namespace: true });
  if (cursor.skip("=")) return { kind: "set", target, value: readTuple(cursor) };
  const filter = filterIn(readBlockFilter(cursor, false));
  return { kind: "set block", target, filter, body: reader.whole("endset") };
}

function filterIn(filter: ReturnType<typeof readBlockFilter>): FilterExpression | null {
  return filter?.kind === "filter" ? filter : null;
}

function readWith(reader: Reader, cursor: Cursor): Statement {
  const targets: Extract<Statement, { kind: "with" }>["targets"] = [];
  while (cursor.token.type !== "close block") {
    if (targets.length > 0) cursor.expect(",");
    const target = readTarget(cursor);
    cursor.expect("=");
    targets.push({ target, value: readExpression(cursor) });
  }
  return { kind: "with", targets, body: reader.whole("endwith") };
}
