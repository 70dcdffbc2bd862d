/**
 * A number that JavaScript's own would write in other digits than it was printed in: 9007199254740993, 1e999, 1.0. It is a
 * String object of these digits: of all that storage and calls between objects carry, the one thing that no JSON is read as.
 */
export type ExactNumber = InstanceType<typeof String>;

export function isExact(value: unknown): value is ExactNumber {
  return value instanceof String;
}

/** A number as near as a double comes to it, be it kept by its digits or not; undefined for any other value. */
export function doubleOf(value: unknown): number | undefined {
  if (isExact(value)) return Number(value);
  return typeof value === "number" ? value : undefined;
}

/** Whether a value is a list or an object, which a number that is kept by its digits is not. */
export function isStructure(value: unknown): value is object {
  return typeof value === "object" && value !== null && !isExact(value);
}

/** The number that JSON's digits stand for; undefined for a text that JSON does not take as a number. */
export function numberOf(digits: string): number | ExactNumber | undefined {
  return NUMBER.test(digits) ? kept(Number(digits), digits) : undefined;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

function kept(value: number, digits: string): number | ExactNumber {
  return String(value) === digits ? value : new String(digits);
}

/** The value of a JSON text, with each number in the digits that it has there. Throws a `SyntaxError` for what is not JSON. */
export function readExact(text: string): unknown {
  return RAW && MAY_DIFFER.test(text) ? parse(text, revive) : parse(text);
}

/**
 * What each text matches that has a number which JavaScript would write otherwise: one with an exponent, with a zero at its
 * end, below zero by its sign alone, of many digits, or very small. Other texts are read without a look at each of their values.
 */
const MAY_DIFFER = /\d[eE]|\.\d*0(?!\d)|-0(?![.\d])|(?:\d\.?){16}|0\.000000/;

type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

/** The libraries of our TypeScript do not know yet what the runtimes do: the source of a number, and JSON as it is. */
const parse: (text: string, reviver?: Reviver) => unknown = Reflect.get(JSON, "parse");
const RAW: ((json: string) => unknown) | undefined = Reflect.get(JSON, "rawJSON");

const revive: Reviver = (_, value, context) =>
  typeof value === "number" && context?.source !== undefined ? kept(value, context.source) : value;

/** A value as JSON, with each number in the digits that it was read in. */
export function writeExact(value: unknown, indent?: number): string {
  return JSON.stringify(value ?? null, (_, item: unknown) => toJson(item), indent);
}

/**
 * What `JSON.stringify` is to be told of a value that may be a number by its digits. Only what JSON takes as a number is written
 * as it is: a String object of another origin is a text.
 */
export function toJson(value: unknown): unknown {
  if (!isExact(value)) return value;
  const text = String(value);
  return RAW && NUMBER.test(text) ? RAW(text) : text;
}

/** A value with each number as near as a double comes to it: for what calculates, and compares. */
export function nearest<T>(value: T): T {
  // What replaces a number is one, and all else keeps its type.
  return near(value) as T;
}

const near = (value: unknown): unknown => mapExact(value, Number);

/** A value in which each number by its digits is replaced, however deep. */
export function mapExact(value: unknown, replace: (exact: ExactNumber) => unknown): unknown {
  if (isExact(value)) return replace(value);
  if (Array.isArray(value)) return value.map((item) => mapExact(item, replace));
  if (!isStructure(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapExact(item, replace)]));
}

/** A value whose numbers are nearest, but for what stands under some of its keys, which keeps its digits. */
export function nearestBut(value: unknown, exact_keys: readonly string[]): unknown {
  if (!isStructure(value) || Array.isArray(value)) return nearest(value);
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [
    key,
    exact_keys.includes(key) ? item : near(item),
  ]);
  return Object.fromEntries(entries);
}
