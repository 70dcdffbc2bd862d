import type { Steps } from "../../base/steps.ts";
import { TemplateSyntaxError } from "../values/errors.ts";
import { quoted } from "../values/print.ts";
import { unescaped } from "./strings.ts";

/** A piece of a template: its text, a mark that opens or closes code, or a word of code. */
export interface Token {
  type:
    | "text"
    | "open print"
    | "close print"
    | "open block"
    | "close block"
    | "name"
    | "string"
    | "whole"
    | "float"
    | "operator"
    | "end";
  text: string;
}

const SPACE = /\s+/y;
const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[-+]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const WHOLE = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{L}\p{N}_]+/uy;
const STRING = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}<>=.:|,;]/y;
const IDENTIFIER = /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u;

const KINDS = [
  ["float", FLOAT],
  ["whole", WHOLE],
  ["name", NAME],
  ["string", STRING],
] as const;

const CLOSING: Record<string, string> = { "(": ")", "[": "]", "{": "}" };

/** Code and where it ends. */
export interface Code {
  tokens: Token[];
  end: number;
}

/** The steps in which a token is found, and read into an expression. */
export const TOKEN_STEPS = 64;

/** The tokens of code up to the mark that closes it: a mark in braces of the code is none. */
export function codeTokens(
  source: string,
  from: number,
  close: { type: "close print" | "close block"; mark: RegExp },
  steps: Steps,
): Code {
  const tokens: Token[] = [];
  const open: string[] = [];
  let at = from;
  while (at < source.length) {
    steps.spend(TOKEN_STEPS);
    const end = open.length === 0 ? matched(close.mark, source, at) : undefined;
    if (end !== undefined) {
      tokens.push({ type: close.type, text: source.slice(at, end) });
      return { tokens, end };
    }
    const space = matched(SPACE, source, at);
    if (space !== undefined) {
      at = space;
      continue;
    }
    const token = tokenAt(source, at);
    if (token.value.type === "operator") balance(open, token.value.text);
    tokens.push(token.value);
    at = token.end;
  }
  return { tokens, end: at };
}

/** Where a pattern ends that begins here. */
export function matched(pattern: RegExp, source: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(source) ? pattern.lastIndex : undefined;
}

function tokenAt(source: string, at: number): { value: Token; end: number } {
  for (const [type, pattern] of KINDS) {
    const end = matched(pattern, source, at);
    if (end === undefined) continue;
    const text = source.slice(at, end);
    if (type === "name" && !IDENTIFIER.test(text))
      throw new TemplateSyntaxError("Invalid character in identifier");
    return { value: { type, text: type === "string" ? unescaped(text.slice(1, -1)) : text }, end };
  }
  const end = matched(OPERATOR, source, at);
  if (end === undefined)
    throw new TemplateSyntaxError(`unexpected char ${quoted(source[at] ?? "")} at ${at}`);
  return { value: { type: "operator", text: source.slice(at, end) }, end };
}

/** Follows the braces that are open. */
function balance(open: string[], operator: string): void {
  const closing = CLOSING[operator];
  if (closing !== undefined) open.push(closing);
  else if (/^[)\]}]$/.test(operator)) {
    const expected = open.pop();
    if (expected === undefined) throw new TemplateSyntaxError(`unexpected '${operator}'`);
    if (expected !== operator)
      throw new TemplateSyntaxError(`unexpected '${operator}', expected '${expected}'`);
  }
}
