import {
  type CreateNodeOptions,
  type Document,
  type DocumentOptions,
  isAlias,
  isCollection,
  Lexer,
  LineCounter,
  Parser,
  parseDocument,
  type ScalarTag,
  type SchemaOptions,
  stringify,
  type Tags,
  type ToStringOptions,
  visit,
  type YAMLParseError,
} from "yaml";
import { TailraceError } from "./errors.ts";
import { firstLineOf } from "./failure-text.ts";
import { boundedDepth, tooDeep } from "./json.ts";
import { VALUE_DEPTH_MAX, YAML_CHARS_MAX } from "./limits.ts";
import { mapExact, numberOf } from "./numbers.ts";

/** YAML as StackStorm's own parser reads it: version 1.1 (`no` is false, `0644` octal), but a key `y` or `n` is a text. */
const OPTIONS = {
  version: "1.1",
  merge: true,
  uniqueKeys: false,
  // Its warnings do not matter here.
  logLevel: "error",
  // It copies the whole line of each error, and a hostile text is one line full of errors.
  prettyErrors: false,
  customTags: (tags: Tags): Tags => tags.map(withoutLetters).map(withPoint).filter(isOfJson),
} as const;

/** A YAML text that was read, with the places of its nodes. */
export interface Yaml {
  value: unknown;
  document: Document;
  lines: LineCounter;
}

/** The error in a YAML text, and the character at which it begins. */
export class YamlError extends Error {
  override readonly name = "YamlError";
  readonly at: number;

  constructor(reason: string, at = 0) {
    super(reason);
    this.at = at;
  }
}

/**
 * Reads a YAML text from outside. Throws a `YamlError` for invalid YAML, and for a list or an object as a key, which Python
 * does not have. Throws `too_large` and `too_deep` beyond `YAML_CHARS_MAX` and `VALUE_DEPTH_MAX`. The library bounds the growth
 * by aliases.
 */
export function readYaml(text: string): Yaml {
  if (text.length > YAML_CHARS_MAX) {
    throw new TailraceError("too_large", `YAML has at most ${YAML_CHARS_MAX} characters.`);
  }
  refuseDeep(text);
  const lines = new LineCounter();
  const document = parseDocument(text, { ...OPTIONS, lineCounter: lines });
  const [error] = document.errors;
  if (error) throw new YamlError(withPlace(error, lines), error.pos[0]);
  refuseCollectionKeys(document);
  keepDigits(document);
  return { value: boundedDepth(plainValue(document), VALUE_DEPTH_MAX), document, lines };
}

/** The layout of YAML. */
export type YamlLayout = Pick<
  ToStringOptions & CreateNodeOptions & DocumentOptions & SchemaOptions,
  "indent" | "indentSeq" | "singleQuote" | "sortMapEntries"
>;

/** A value as YAML, with each number in the digits that it was read in. */
export function writeYaml(value: unknown, layout: YamlLayout = {}): string {
  return stringify(
    mapExact(value, (exact) => new Digits(String(exact))),
    // Over several lines, the library writes some texts in double quotes wrongly.
    {
      ...layout,
      // A text that YAML reads as another type (`yes`, `0644`) is quoted.
      version: "1.1",
      doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
      customTags: (tags) => [DIGITS, ...tags.map(withoutLetters)],
    },
  );
}

/** A number by its digits, for the library, which writes a String object as a text. */
class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const DIGITS: ScalarTag = {
  tag: "tag:yaml.org,2002:float",
  default: true,
  identify: (value) => value instanceof Digits,
  // It is used for writing only.
  resolve: (text) => text,
  test: /^(?!)/,
  stringify: ({ value }) => (value instanceof Digits ? value.text : String(value)),
};

/** Levels of the parser besides those of lists and objects: the document, and a scalar in it. */
const STACK_OTHERS = 2;

/** The library recurses for each level, so the levels are counted first. */
function refuseDeep(text: string): void {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    // The parser's tokens are composed later, from the same text.
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > VALUE_DEPTH_MAX + STACK_OTHERS) throw tooDeep(VALUE_DEPTH_MAX);
  }
}

function refuseCollectionKeys(document: Document): void {
  visit(document, {
    Pair(_, { key }) {
      const node = isAlias(key) ? key.resolve(document) : key;
      if (isCollection(node)) throw new YamlError("a list or an object cannot be a key", node.range?.[0]);
    },
  });
}

/** Keeps the digits of numbers that JSON has too. YAML's other notations (octal, `.5`) have no digits in JSON. */
function keepDigits(document: Document): void {
  visit(document, {
    Scalar(key, node) {
      if (key === "key" || typeof node.value !== "number" || node.source === undefined) return;
      node.value = numberOf(node.source) ?? node.value;
    },
  });
}

function plainValue(document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new YamlError(firstLineOf(error));
  }
}

function withPlace(error: YAMLParseError, lines: LineCounter): string {
  const { line, col } = lines.linePos(error.pos[0]);
  return `${firstLineOf(error)} at line ${line}, column ${col}`;
}

type Tag = Tags[number];

/** The library's boolean tags also take single letters, which are names in StackStorm's packs. */
function withoutLetters(tag: Tag): Tag {
  if (typeof tag !== "object" || tag.tag !== "tag:yaml.org,2002:bool" || !("test" in tag) || !tag.test)
    return tag;
  return { ...tag, test: new RegExp(tag.test.source.replace(/Y\|y\||N\|n\|/, "")) };
}

/** Python's parser takes no number with an exponent that has no point, or no sign in its exponent: it stays a text. */
function withPoint(tag: Tag): Tag {
  if (typeof tag !== "object" || tag.format !== "EXP" || !("test" in tag) || !tag.test) return tag;
  return { ...tag, test: /^[-+]?\d[\d_]*\.[\d_]*[eE][-+]\d+$/ };
}

/** Tags of types that JSON lacks: the tagged value stays a text, a list or an object. */
const FOREIGN = ["timestamp", "binary", "set", "omap", "pairs"].map((name) => `tag:yaml.org,2002:${name}`);

function isOfJson(tag: Tag): boolean {
  return typeof tag !== "object" || !FOREIGN.includes(tag.tag);
}
