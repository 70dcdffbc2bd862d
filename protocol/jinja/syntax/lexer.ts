import type { Steps } from "../../base/steps.ts";
import { TemplateSyntaxError } from "../values/errors.ts";
import { codeTokens, TOKEN_STEPS, type Token } from "./tokens.ts";

const OPENING = /\{%[-+]?\s*raw\s*(?:-%\}\s*|%\})|\{[{%#][-+]?/g;
/** A longer mark is that of a raw block. */
const OPENING_CHARS_MAX = "{%-".length;
const CLOSE_PRINT = { type: "close print", mark: /-\}\}\s*|\}\}/y } as const;
// The first line end behind a block goes with it, as StackStorm sets its engine up.
const CLOSE_BLOCK = { type: "close block", mark: /\+%\}|-%\}\s*|%\}\n?/y } as const;
const CLOSE_COMMENT = /(?:\+#\}|-#\}\s*|#\}\n?)/g;
const END_OF_RAW = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)/g;

/** The tokens of a template, each counted as work. Its line ends become `\n`, and one at its end goes. */
export function tokensOf(template: string, steps: Steps): Token[] {
  const source = template.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const tokens: Token[] = [];
  let at = 0;
  let is_line_start = true;
  const text = (end: number, mark: string) => {
    const kept = beforeMark(source.slice(at, end), mark, is_line_start);
    if (kept !== "") tokens.push({ type: "text", text: kept });
  };
  const goOn = (end: number) => {
    is_line_start = source[end - 1] === "\n";
    at = end;
  };
  while (true) {
    steps.spend(TOKEN_STEPS);
    OPENING.lastIndex = at;
    const opening = OPENING.exec(source);
    if (!opening) break;
    const { 0: mark, index } = opening;
    const inside = index + mark.length;
    text(index, mark);
    if (mark.startsWith("{#")) {
      goOn(closing(CLOSE_COMMENT, source, inside, "Missing end of comment tag").end);
    } else if (mark.length > OPENING_CHARS_MAX) {
      goOn(inside);
      const { start, end, sign } = closing(END_OF_RAW, source, inside, "Missing end of raw directive");
      text(start, `{%${sign}`);
      goOn(end);
    } else {
      const is_print = mark.startsWith("{{");
      tokens.push({ type: is_print ? "open print" : "open block", text: mark });
      const { tokens: code, end } = codeTokens(source, inside, is_print ? CLOSE_PRINT : CLOSE_BLOCK, steps);
      for (const token of code) tokens.push(token);
      goOn(end);
    }
  }
  if (at < source.length) tokens.push({ type: "text", text: source.slice(at) });
  return tokens;
}

/** A text without what the mark behind it takes off: white space, or the spaces before a block that begins its line. */
function beforeMark(text: string, mark: string, is_line_start: boolean): string {
  if (mark[2] === "-") return text.trimEnd();
  if (mark[2] === "+" || mark.startsWith("{{")) return text;
  const line = text.lastIndexOf("\n") + 1;
  if (line === 0 && !is_line_start) return text;
  return text.slice(line).trim() === "" ? text.slice(0, line) : text;
}

function closing(
  mark: RegExp,
  source: string,
  from: number,
  reason: string,
): { start: number; end: number; sign: string } {
  mark.lastIndex = from;
  const found = mark.exec(source);
  if (!found) throw new TemplateSyntaxError(reason);
  return { start: found.index, end: mark.lastIndex, sign: found[1] ?? "" };
}
