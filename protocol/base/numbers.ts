/**
 * A number that JavaScript would write with other digits: 9007199254740993, 1e999, 1.0. It is a String
 * object of these digits: storage and calls between objects carry it, and no JSON text is read as one.
 */
export type ExactNumber = InstanceType<typeof String>;

export function isExact(value: unknown): value is ExactNumber {
  return value instanceof String;
}

/** The nearest double of a number, whether the number is kept by its digits or not; undefined for any other value. */
export function doubleOf(value: unknown): number | undefined {
  if (isExact(value)) return Number(value);
  return typeof value === "number" ? value : undefined;
}

/** Whether a value is a list or an object. A number that is kept by its digits is neither. */
export function isStructure(value: unknown): value is object {
  return typeof value === "object" && value !== null && !isExact(value);
}

/** The number of a text of digits; undefined if JSON does not read the text as a number. */
export function numberOf(digits: string): number | ExactNumber | undefined {
  return NUMBER.test(digits) ? kept(Number(digits), digits) : undefined;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

function kept(value: number, digits: string): number | ExactNumber {
  return String(value) === digits ? value : new String(digits);
}

/** The value of a JSON text, with each number in the digits that it has there. Throws a `SyntaxError` for invalid JSON. */
export function readExact(text: string): unknown {
  const may_differ = BEGINS_WITH_NUMBER.test(text) || MAY_DIFFER.test(text);
  return RAW && may_differ ? parse(text, revive) : parse(text);
}

const BEGINS_WITH_NUMBER = /^[-\d]/;

/**
 * Matches each other text that may have a number which JavaScript writes otherwise: with many digits, a very small value, or an
 * exponent; or minus zero, or a fraction with a zero at its end. A text without one is read without looking at each value, in a fifth
 * of the time. What is around a number keeps ids and times in strings out, such as `6b1e5` and `10:30:01.120Z`.
 */
const MAY_DIFFER =
  /[\s,:[](?=[-\d])(?:-?(?:\d\.?){16}|-?0\.000000|-?\d+(?:\.\d+)?[eE]|(?:-0|-?\d+\.\d*0)(?=[\s,\]}]|$))/;

type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

/** The runtimes give the source of a number and take raw JSON; TypeScript's library does not declare either. */
const parse: (text: string, reviver?: Reviver) => unknown = Reflect.get(JSON, "parse");
const RAW: ((json: string) => unknown) | undefined = Reflect.get(JSON, "rawJSON");

const revive: Reviver = (_, value, context) =>
  typeof value === "number" && context?.source !== undefined ? kept(value, context.source) : value;

/** A value as JSON, with each number in the digits that it was read in. */
export function writeExact(value: unknown, indent?: number): string {
  return JSON.stringify(value ?? null, (_, item: unknown) => toJson(item), indent);
}

/**
 * The replacement that `JSON.stringify` gets for a number by its digits. Only digits that JSON reads as a number are written
 * raw: a String object of another origin is a text.
 */
export function toJson(value: unknown): unknown {
  if (!isExact(value)) return value;
  const text = String(value);
  return RAW && NUMBER.test(text) ? RAW(text) : text;
}

/** A value with the nearest double for each number: for calculating and comparing. */
export function nearest<T>(value: T): T {
  // A number is replaced by a number, and all else keeps its type.
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

/** A value with the nearest doubles, except under some keys, whose numbers keep their digits. */
export function nearestBut(value: unknown, exact_keys: readonly string[]): unknown {
  if (!isStructure(value) || Array.isArray(value)) return nearest(value);
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [
    key,
    exact_keys.includes(key) ? item : near(item),
  ]);
  return Object.fromEntries(entries);
}
