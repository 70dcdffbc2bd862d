import { KEY_SCOPES, type KeyScope } from "../model/key.ts";

/** A piece of a template: text, a comment or raw block that is passed to the engine unchanged, or code between its marks. */
export type Part =
  | { kind: "text" | "markup"; text: string }
  | { kind: "expression" | "block"; open: string; code: string; close: string };

/** A key of the key-value table that a template reads: `st2kv.system.a.b` is the one key `a.b`. */
export interface KeyPath {
  scope: KeyScope;
  name: string;
}

/** The pieces of a template. */
export interface Template {
  parts: Part[];
  /** Names that it refers to and does not define itself. */
  names: Set<string>;
  /** Keys of `st2kv` that it reads. */
  keys: KeyPath[];
}

/** Splits a template into pieces; undefined for a text that is not a template, for example because a mark is not closed. */
export function scanTemplate(source: string): Template | undefined {
  const parts = split(source);
  if (!parts?.some(({ kind }) => kind !== "text")) return undefined;
  const names = new Set<string>();
  const defined = new Set<string>();
  const keys: KeyPath[] = [];
  for (const part of parts) {
    if (!("code" in part)) continue;
    const tokens = tokensOf(part.code);
    for (const name of usedNames(tokens)) names.add(name);
    if (part.kind === "block") for (const name of definedNames(tokens)) defined.add(name);
    for (const { scope, name } of keyPaths(tokens)) keys.push({ scope, name });
  }
  for (const name of defined) names.delete(name);
  return { parts, names, keys };
}

/** The expression of a template that has nothing else; undefined for any other. */
export function wholeExpression({ parts }: Template): string | undefined {
  const rest = parts.filter((part) => "code" in part || part.text.trim() !== "");
  const [only] = rest;
  return rest.length === 1 && only?.kind === "expression" ? only.code : undefined;
}

/** Code in which `st2kv.system.a.b` and `st2kv.user.a.b` read the one key `a.b`, as in StackStorm: a key's value has no attributes. */
export function withFlatKeys(code: string): string {
  let flat = "";
  let at = 0;
  for (const { scope, name, start, end } of keyPaths(tokensOf(code))) {
    flat += `${code.slice(at, start)}st2kv.${scope}[${JSON.stringify(name)}]`;
    at = end;
  }
  return flat + code.slice(at);
}

const MARK = /\{\{[-+]?|\{%[-+]?|\{#/g;
const RAW = /\{%[-+]?\s*raw\s*[-+]?%\}/y;
const END_OF_RAW = /\{%[-+]?\s*endraw\s*[-+]?%\}/g;

function split(source: string): Part[] | undefined {
  const parts: Part[] = [];
  let at = 0;
  const text = (end: number) => {
    if (end > at) parts.push({ kind: "text", text: source.slice(at, end) });
    at = end;
  };
  while (true) {
    MARK.lastIndex = at;
    const mark = MARK.exec(source);
    if (!mark) break;
    const { index } = mark;
    const [open] = mark;
    const markup_end =
      open === "{#" ? endAfter(/#\}/g, source, index + open.length) : endOfRaw(source, index);
    if (markup_end === "never") return undefined;
    if (markup_end !== "none") {
      text(index);
      parts.push({ kind: "markup", text: source.slice(index, markup_end) });
      at = markup_end;
      continue;
    }
    const code = index + open.length;
    const close = closeOf(source, code, open.startsWith("{{") ? END_OF_EXPRESSION : END_OF_BLOCK);
    if (!close) return undefined;
    text(index);
    const kind = open.startsWith("{{") ? "expression" : "block";
    parts.push({
      kind,
      open,
      code: source.slice(code, close.start),
      close: source.slice(close.start, close.end),
    });
    at = close.end;
  }
  text(source.length);
  return parts;
}

/** The end of a raw block that begins here; `never` if it does not end, `none` if none begins. */
function endOfRaw(source: string, index: number): number | "never" | "none" {
  RAW.lastIndex = index;
  return RAW.test(source) ? endAfter(END_OF_RAW, source, RAW.lastIndex) : "none";
}

function endAfter(mark: RegExp, source: string, from: number): number | "never" {
  mark.lastIndex = from;
  return mark.test(source) ? mark.lastIndex : "never";
}

/** The signs that matter in code: quotes, braces, and the closing mark. */
const END_OF_EXPRESSION = /["'{]|[-+]?\}\}|\}/g;
const END_OF_BLOCK = /["'{]|[-+]?%\}|\}/g;

/** The mark that ends code: it is outside of quotes and closes no brace of the code. */
function closeOf(source: string, from: number, wanted: RegExp): { start: number; end: number } | undefined {
  let braces = 0;
  wanted.lastIndex = from;
  for (let token = wanted.exec(source); token; token = wanted.exec(source)) {
    const [text] = token;
    if (text === "{") braces++;
    else if (text === "}") braces--;
    else if (text === '"' || text === "'") {
      const end = endOfQuotes(source, token.index);
      // The engine refuses a template with unclosed quotes.
      if (end === undefined) return undefined;
      wanted.lastIndex = end;
    } else {
      if (braces <= 0) return { start: token.index, end: wanted.lastIndex };
      // This brace belongs to the code. The next one may be the first of the mark.
      braces--;
      wanted.lastIndex = token.index + text.indexOf("}") + 1;
    }
  }
  return undefined;
}

/** The place after quotes that open here; undefined if they do not close. */
function endOfQuotes(source: string, opening: number): number | undefined {
  const quote = source[opening] ?? "";
  for (let end = source.indexOf(quote, opening + 1); end !== -1; end = source.indexOf(quote, end + 1)) {
    let before = end - 1;
    while (before > opening && source[before] === "\\") before--;
    // After an odd number of backslashes, the quote is part of the text.
    if ((end - before) % 2 === 1) return end + 1;
  }
  return undefined;
}

interface Token {
  text: string;
  start: number;
}

const TOKEN = /[A-Za-z_]\w*|\d[\w.]*|[=!<>]=|[^\s]/g;

/** The pieces of code, each with its place. */
export function tokensOf(code: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(code); token; token = TOKEN.exec(code)) {
    const { 0: text, index: start } = token;
    const end = text === '"' || text === "'" ? endOfQuotes(code, start) : undefined;
    if (end !== undefined) TOKEN.lastIndex = end;
    tokens.push({ text: code.slice(start, TOKEN.lastIndex), start });
  }
  return tokens;
}

/** Words of the language that look like names, and its own functions. */
const WORDS = new Set(
  "and call dict do elif else endcall endfilter endfor endif endmacro endset endwith false False filter for if in is loop macro namespace none None not or range recursive set true True with".split(
    " ",
  ),
);

function usedNames(tokens: Token[]): string[] {
  return tokens.flatMap(({ text }, at) => {
    const before = tokens[at - 1]?.text;
    const isTest = before === "is" || (before === "not" && tokens[at - 2]?.text === "is");
    const isOther = before === "." || before === "|" || isTest || tokens[at + 1]?.text === "=";
    return /^[A-Za-z_]/.test(text) && !isOther && !WORDS.has(text) ? [text] : [];
  });
}

/** Names that a block defines: of a loop, a `set`, and a macro with its arguments. */
function definedNames(tokens: Token[]): string[] {
  const texts = tokens.map(({ text }) => text);
  const ends: Record<string, string> = { for: "in", set: "=", macro: ")", with: "=" };
  const end = ends[texts[0] ?? ""];
  if (end === undefined) return [];
  const until = texts.indexOf(end);
  return texts.slice(1, until === -1 ? undefined : until).filter((text) => /^[A-Za-z_]/.test(text));
}

/** A key that code reads, and its place in the code. */
interface FoundKey extends KeyPath {
  start: number;
  end: number;
}

/** The keys of `st2kv` that code reads, by attributes or by a quoted name. They do not overlap. */
function keyPaths(tokens: Token[]): FoundKey[] {
  const found: FoundKey[] = [];
  for (let at = 0; at < tokens.length; ) {
    const key = keyAt(tokens, at);
    if (key) found.push(key.found);
    at = key?.next ?? at + 1;
  }
  return found;
}

/** The key that begins at a token, and the index of the token after it. */
function keyAt(tokens: Token[], at: number): { found: FoundKey; next: number } | undefined {
  const first = tokens[at];
  if (first?.text !== "st2kv" || tokens[at + 1]?.text !== ".") return undefined;
  const { start } = first;
  const scope = KEY_SCOPES.find((one) => tokens[at + 2]?.text === one);
  if (!scope) return undefined;
  const quoted = /^(["'])(.*)\1$/.exec(tokens[at + 4]?.text ?? "")?.[2];
  const bracket = tokens[at + 5];
  if (tokens[at + 3]?.text === "[" && quoted !== undefined && bracket?.text === "]") {
    return { found: { scope, name: quoted, start, end: bracket.start + 1 }, next: at + 6 };
  }
  const path: Token[] = [];
  let next = at + 3;
  for (; tokens[next]?.text === "."; next += 2) {
    const part = tokens[next + 1];
    // A call is a method of the value, not a part of the key.
    if (!part || !/^\w+$/.test(part.text) || tokens[next + 2]?.text === "(") break;
    path.push(part);
  }
  const last = path.at(-1);
  if (!last) return undefined;
  const name = path.map(({ text }) => text).join(".");
  return { found: { scope, name, start, end: last.start + last.text.length }, next };
}
