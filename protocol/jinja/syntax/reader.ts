import { quoted } from "../values/print.ts";
import type { Cursor } from "./cursor.ts";
import { readExpression, readTuple } from "./expressions.ts";
import type { Statement } from "./nodes.ts";

/** Reads the statement of a tag, whose name has been read. */
export type ReadTag = (reader: Reader, cursor: Cursor) => Statement;

/** Reads statements; it knows which blocks are open, for the words of its errors. */
export class Reader {
  readonly #cursor: Cursor;
  readonly #tags: Record<string, ReadTag>;
  /** The tags that end the open blocks, and those that may come next. */
  readonly #open: string[] = [];
  readonly #awaited: string[][] = [];

  constructor(cursor: Cursor, tags: Record<string, ReadTag>) {
    this.#cursor = cursor;
    this.#tags = tags;
  }

  all(): Statement[] {
    return this.#until([]);
  }

  /** The statements up to one of these tags. */
  body(...tags: string[]): Statement[] {
    this.#cursor.skip(":");
    this.#cursor.expectType("close block");
    return this.#cursor.deeper(() => this.#until(tags));
  }

  /** The statements up to this tag, and the tag. */
  whole(tag: string): Statement[] {
    const body = this.body(tag);
    this.#cursor.next();
    return body;
  }

  #until(tags: string[]): Statement[] {
    const cursor = this.#cursor;
    const statements: Statement[] = [];
    this.#awaited.push(tags);
    while (true) {
      const { type, text } = cursor.token;
      if (type === "end") {
        if (tags.length > 0) this.#failAt(undefined);
        break;
      }
      cursor.next();
      if (type === "text") statements.push({ kind: "text", text });
      else if (type === "open print") {
        statements.push({ kind: "print", value: readTuple(cursor) });
        cursor.expectType("close print");
      } else {
        if (cursor.isWord(...tags)) break;
        for (const statement of this.#statement()) statements.push(statement);
        cursor.expectType("close block");
      }
    }
    this.#awaited.pop();
    return statements;
  }

  #statement(): Statement[] {
    const cursor = this.#cursor;
    const { text } = cursor.expectTagName();
    if (text === "print") return readPrints(cursor);
    const read = Object.hasOwn(this.#tags, text) ? this.#tags[text] : undefined;
    if (!read) this.#failAt(text);
    this.#open.push(text);
    const statement = read(this, cursor);
    this.#open.pop();
    return [statement];
  }

  #failAt(unknown: string | undefined): never {
    const tags = (this.#awaited.findLast((one) => one.length > 0) ?? []).map((tag) => quoted(tag));
    const reason =
      unknown === undefined ? "Unexpected end of template." : `Encountered unknown tag ${quoted(unknown)}.`;
    const looking = tags.length > 0 ? ` Jinja was looking for the following tags: ${tags.join(" or ")}.` : "";
    const open = this.#open.at(-1);
    const innermost =
      open === undefined ? "" : ` The innermost block that needs to be closed is ${quoted(open)}.`;
    this.#cursor.fail(reason + looking + innermost);
  }
}

function readPrints(cursor: Cursor): Statement[] {
  const prints: Statement[] = [];
  while (cursor.token.type !== "close block") {
    if (prints.length > 0) cursor.expect(",");
    prints.push({ kind: "print", value: readExpression(cursor) });
  }
  return prints;
}
