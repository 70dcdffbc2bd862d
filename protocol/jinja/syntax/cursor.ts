import { TemplateError, TemplateSyntaxError } from "../values/errors.ts";
import { quoted } from "../values/print.ts";
import type { Token } from "./tokens.ts";

/** Levels of expressions in expressions and of blocks in blocks, and operators of one expression one after another. */
const DEPTH_MAX = 100;
const LINKS_MAX = 500;

const END: Token = { type: "end", text: "" };

const DESCRIPTIONS: Partial<Record<Token["type"], string>> = {
  text: "template data / text",
  "open print": "begin of print statement",
  "close print": "end of print statement",
  "open block": "begin of statement block",
  "close block": "end of statement block",
  string: "string",
  whole: "integer",
  float: "float",
  end: "end of template",
};

/** A place in the tokens of a template. */
export class Cursor {
  readonly #tokens: Token[];
  #at = 0;
  #depth = 0;
  #links = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  get token(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  get following(): Token {
    return this.#tokens[this.#at + 1] ?? END;
  }

  next(): Token {
    const { token } = this;
    this.#at++;
    return token;
  }

  /** Whether the token is this operator. */
  is(operator: string): boolean {
    return this.token.type === "operator" && this.token.text === operator;
  }

  /** Whether the token is one of these words. */
  isWord(...words: string[]): boolean {
    return this.token.type === "name" && words.includes(this.token.text);
  }

  /** Passes this operator, or this word, if it is the token. */
  skip(operator: string): boolean {
    const found = this.is(operator);
    if (found) this.#at++;
    return found;
  }

  skipWord(word: string): boolean {
    const found = this.isWord(word);
    if (found) this.#at++;
    return found;
  }

  expect(operator: string): void {
    if (!this.skip(operator)) this.#unexpected(operator);
  }

  expectWord(word: string): void {
    if (!this.skipWord(word)) this.#unexpected(word);
  }

  expectType(type: Token["type"], name: string = type): Token {
    if (this.token.type === type) return this.next();
    return this.#unexpected(DESCRIPTIONS[type] ?? name);
  }

  expectTagName(): Token {
    if (this.token.type !== "name") this.fail("tag name expected");
    return this.next();
  }

  #unexpected(wanted: string): never {
    if (this.token.type === "end") this.fail(`unexpected end of template, expected ${quoted(wanted)}.`);
    this.fail(`expected token ${quoted(wanted)}, got ${quoted(described(this.token))}`);
  }

  fail(reason: string): never {
    throw new TemplateSyntaxError(reason);
  }

  /** Reads what lies one level deeper. */
  deeper<T>(read: () => T): T {
    if (this.#depth >= DEPTH_MAX) throw new TemplateError("its expressions are nested too deep");
    const links = this.#links;
    this.#depth++;
    const value = read();
    this.#depth--;
    this.#links = links;
    return value;
  }

  /** Counts an operator that takes all that is before it: evaluating it recurses. */
  link(): void {
    this.#links++;
    if (this.#links > LINKS_MAX)
      throw new TemplateError(`an expression has at most ${LINKS_MAX} operators in a row`);
  }
}

/** A token in the words of the engine's messages. */
export function described(token: Token): string {
  return DESCRIPTIONS[token.type] ?? token.text;
}
