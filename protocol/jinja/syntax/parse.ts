import { Cursor } from "./cursor.ts";
import { tokensOf } from "./lexer.ts";
import type { Statement } from "./nodes.ts";
import { Reader } from "./reader.ts";
import { TAGS } from "./tags.ts";

/** The statements of a template. Throws a `TemplateSyntaxError` for a text that is none. */
export function parseTemplate(template: string): Statement[] {
  return new Reader(new Cursor(tokensOf(template)), TAGS).all();
}
