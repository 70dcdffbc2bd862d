import { STEPS_MAX } from "../../base/limits.ts";
import { Steps } from "../../base/steps.ts";
import { Cursor } from "./cursor.ts";
import { tokensOf } from "./lexer.ts";
import type { Statement } from "./nodes.ts";
import { Reader } from "./reader.ts";
import { TAGS } from "./tags.ts";

/** The statements of a template. Throws a `TemplateSyntaxError` for a text that is none, and `too_costly` beyond the steps. */
export function parseTemplate(template: string, steps = new Steps(STEPS_MAX)): Statement[] {
  return new Reader(new Cursor(tokensOf(template, steps)), TAGS).all();
}
