import { type ExactNumber, isExact } from "../../base/numbers.ts";
import { TemplateError, UndefinedError } from "./errors.ts";

/**
 * A value of a template, as Python has it. A whole number is a bigint, a float a number; a float that was read from JSON keeps its digits.
 * A list is an array.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | ExactNumber
  | string
  | Markup
  | Value[]
  | Tuple
  | Dict
  | Undefined
  | Thing;

/** A text that needs no escape any more. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Characters of a tuple that is a key of a dictionary. */
const KEY_CHARS_MAX = 16 * 1024;

/** A part of a tuple's key, with its type and its length: so parts cannot run into each other. */
function partOfKey(item: Value): string {
  const key = identity(item);
  const text = String(key);
  if (text.length > KEY_CHARS_MAX)
    throw new TemplateError(`a tuple that is a key has at most ${KEY_CHARS_MAX} characters`);
  return `${typeof key} ${text.length} ${text}`;
}

/** A list that does not change. The items of a group have names too. */
export class Tuple {
  readonly items: readonly Value[];
  readonly names: readonly string[];
  #identity: string | undefined;

  constructor(items: readonly Value[], names: readonly string[] = []) {
    this.items = items;
    this.names = names;
  }

  /** What equal tuples have in common. It is made once, because tuples in tuples may have the same one many times. */
  get identity(): string {
    this.#identity ??= `\0tuple ${this.items.map(partOfKey).join("")}`;
    if (this.#identity.length > KEY_CHARS_MAX)
      throw new TemplateError(`a tuple that is a key has at most ${KEY_CHARS_MAX} characters`);
    return this.#identity;
  }
}

/** How a value is undefined: each use fails, each use but printing and asking, or each use with the words of the sandbox. */
type Strictness = "strict" | "lenient" | "unsafe";

/** What stands for a value that is not defined. */
export class Undefined {
  readonly message: string;
  readonly strictness: Strictness;

  constructor(message: string, strictness: Strictness = "strict") {
    this.message = message;
    this.strictness = strictness;
  }

  /** Fails, as each use of it does. */
  fail(): never {
    throw this.strictness === "unsafe" ? new TemplateError(this.message) : new UndefinedError(this.message);
  }
}

/** The arguments of a call. */
export interface Arguments {
  positional: Value[];
  named: Map<string, Value>;
}

/** What else Python has: functions, methods, ranges, generators, loops, namespaces. Each has some of these abilities. */
export interface Abilities {
  attribute?: (name: string) => Value | undefined;
  assign?: (name: string, value: Value) => void;
  call?: (args: Arguments) => Value;
  items?: () => Iterable<Value>;
  size?: () => number;
  /** The items by their place. */
  at?: (index: number) => Value;
}

export class Thing {
  /** Python's name of its type, and its text. */
  readonly type: string;
  readonly shown: () => string;
  readonly can: Abilities;
  /** The characters of the text that it keeps. */
  readonly chars: number;

  constructor(type: string, shown: string | (() => string), can: Abilities, chars = 0) {
    this.chars = chars;
    this.type = type;
    this.shown = typeof shown === "string" ? () => shown : shown;
    this.can = can;
  }
}

/** A dictionary: keys in their own order, equal keys are one (1, 1.0 and True). */
export class Dict {
  readonly #entries = new Map<unknown, [Value, Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(identity(key))?.[1];
  }

  has(key: Value): boolean {
    return this.#entries.has(identity(key));
  }

  /** A key that is there keeps its place and its first form. */
  set(key: Value, value: Value): void {
    const known = this.#entries.get(identity(key));
    if (known) known[1] = value;
    else this.#entries.set(identity(key), [key, value]);
  }

  delete(key: Value): void {
    this.#entries.delete(identity(key));
  }

  clear(): void {
    this.#entries.clear();
  }

  *keys(): Generator<Value> {
    for (const [key] of this.#entries.values()) yield key;
  }

  *values(): Generator<Value> {
    for (const [, value] of this.#entries.values()) yield value;
  }

  *entries(): Generator<[Value, Value]> {
    for (const [key, value] of this.#entries.values()) yield [key, value];
  }
}

/** What two equal keys have in common. Throws for a value that cannot be a key. */
export function identity(key: Value): unknown {
  if (key instanceof Markup) return identity(key.text);
  if (typeof key === "string") return key.startsWith("\0") ? `\0text ${key}` : key;
  if (typeof key === "boolean") return identity(BigInt(key));
  if (isExact(key)) return identity(Number(key));
  if (typeof key === "number" && Number.isInteger(key)) return identity(BigInt(key));
  // As a text: the platform's hash of a number can be chosen, so that all keys are compared with each other.
  if (typeof key === "bigint") return `\0whole ${key.toString(16)}`;
  if (typeof key === "number") return `\0float ${key}`;
  if (key instanceof Tuple) return key.identity;
  if (key instanceof Undefined && key.strictness !== "lenient") return key.fail();
  if (Array.isArray(key) || key instanceof Dict) {
    throw new TemplateError(`unhashable type: '${key instanceof Dict ? "dict" : "list"}'`);
  }
  return key;
}

/** A value, or another where there is none: none itself is a value. */
export function orElse(value: Value | undefined, other: () => Value): Value {
  return value === undefined ? other() : value;
}

/** A value that can be called. */
export function callable(type: string, shown: string, call: (args: Arguments) => Value): Thing {
  return new Thing(type, shown, { call });
}

function charsOf(value: Value): number {
  if (value instanceof Thing) return value.chars;
  return typeof value === "string" ? value.length : value instanceof Markup ? value.text.length : 0;
}

/** A generator: its items can be taken once. */
export function generator(name: string, items: Iterable<Value>, of: Value = null): Thing {
  const iterator = items[Symbol.iterator]();
  const rest = { [Symbol.iterator]: () => ({ next: () => iterator.next() }) };
  return new Thing("generator", `<generator object ${name} at 0x0>`, { items: () => rest }, charsOf(of));
}
