import { type ExactNumber, isExact } from "../../base/numbers.ts";
import { trimmedEnd } from "../../base/trim.ts";
import type { Budget } from "./budget.ts";
import { TemplateError } from "./errors.ts";
import { typeName } from "./types.ts";
import { Markup, Thing, Undefined, type Value } from "./values.ts";

/** Digits that Python prints of a whole number. */
export const WHOLE_DIGITS_MAX = 4_300;
const WHOLE_MAX = 10n ** BigInt(WHOLE_DIGITS_MAX);

/** A number to calculate with: of a truth value 0 or 1, of a float by its digits the nearest double; undefined for anything else. */
export function numberIn(value: Value): bigint | number | undefined {
  if (typeof value === "bigint" || typeof value === "number") return value;
  if (typeof value === "boolean") return BigInt(value);
  return isExact(value) ? Number(value) : undefined;
}

export function isFloat(value: Value): value is number | ExactNumber {
  return typeof value === "number" || isExact(value);
}

/** A whole number as a place, a length or a count. */
export function wholeIn(value: Value): number {
  if (value instanceof Undefined) value.fail();
  const number = numberIn(value);
  if (typeof number === "bigint") return Number(number);
  throw new TemplateError(`'${typeName(value)}' object cannot be interpreted as an integer`);
}

/** Whether calculating with a whole number takes the platform longer than with others. */
export function isLong(whole: bigint): boolean {
  return whole > LONG || whole < -LONG;
}

const LONG = 2n ** 64n;

/** A whole number that is not too long to be kept. */
export function bounded(whole: bigint): bigint {
  if (whole < WHOLE_MAX && whole > -WHOLE_MAX) return whole;
  throw new TemplateError(`Exceeds the limit (${WHOLE_DIGITS_MAX} digits) for integer string conversion`);
}

/** The whole number that digits write, in any of the notations of the platform. */
export function wholeOfDigits(digits: string): bigint {
  // Bits are the longest notation.
  return digits.length > BITS_MAX ? bounded(WHOLE_MAX) : bounded(BigInt(digits));
}

const BITS_MAX = 4 * WHOLE_DIGITS_MAX;

/** How many digits a power has at the most. */
export function refuseLongPower(base: bigint, exponent: bigint): void {
  const digits = BigInt(base.toString().length) * exponent;
  const is_small = base >= -1n && base <= 1n;
  if (!is_small && digits > BigInt(2 * WHOLE_DIGITS_MAX)) bounded(WHOLE_MAX);
}

/** A double as Python prints it: the fewest digits that mean it. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [mantissa = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const text = String(value);
  if (/e/.test(text)) return withoutExponent(mantissa, exponent);
  return text.includes(".") ? text : `${text}.0`;
}

/** A float by its digits: as Python prints it, or in these digits where a double does not mean the same. */
export function exactText(digits: ExactNumber): string {
  const text = floatText(Number(digits));
  return decimalOf(text) === decimalOf(String(digits)) ? text : String(digits);
}

/** The one form of all texts of a decimal number. */
function decimalOf(text: string): string {
  const [, sign = "", whole = "", decimals = "", power = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([-+]?\d+))?$/i.exec(text) ?? [];
  const digits = (whole + decimals).replace(/^0+/, "");
  const kept = trimmedEnd(digits, "0");
  return `${sign}${kept} ${kept === "" ? 0 : Number(power) - decimals.length + digits.length - kept.length}`;
}

function withoutExponent(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "");
  return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
}

/** The whole number that a text means to Python's `int`; undefined for none. */
export function wholeOf(text: string, base = 10): bigint | undefined {
  const [, sign = "", digits = ""] = /^\s*([-+]?)(\w+)\s*$/.exec(text) ?? [];
  const prefix = /^0([box])_?/i.exec(digits)?.[1]?.toLowerCase();
  const named = prefix === undefined ? undefined : { b: 2, o: 8, x: 16 }[prefix];
  const is_prefixed = named !== undefined && (base === named || base === 0);
  const radix = is_prefixed ? named : base === 0 ? 10 : base;
  const bare = is_prefixed ? digits.slice(2).replace(/^_/, "") : digits;
  if (!/^[\da-z]+(?:_[\da-z]+)*$/i.test(bare)) return undefined;
  let whole = 0n;
  const plain = bare.replaceAll("_", "");
  if (plain.length > WHOLE_DIGITS_MAX) return bounded(WHOLE_MAX);
  const sign_of_radix = { 2: "0b", 8: "0o", 10: "", 16: "0x" }[radix];
  if (sign_of_radix !== undefined) {
    const is_whole = [...plain].every((letter) => Number.parseInt(letter, 36) < radix);
    if (!is_whole) return undefined;
    whole = BigInt(sign_of_radix + plain);
  } else
    for (const letter of plain) {
      const digit = Number.parseInt(letter, 36);
      if (digit >= radix) return undefined;
      whole = whole * BigInt(radix) + BigInt(digit);
    }
  return sign === "-" ? -whole : whole;
}

/** The float that a text means to Python's `float`; undefined for none. */
export function floatOf(text: string): number | undefined {
  const plain = text.trim().replace(/(\d)_(?=\d)/g, "$1");
  if (/^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(plain)) return Number(plain);
  const [, sign = "", word] = /^([-+]?)(inf|infinity|nan)$/i.exec(plain) ?? [];
  if (word === undefined) return undefined;
  if (word.toLowerCase() === "nan") return Number.NaN;
  return sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** The characters of a text or of one that needs no escape; undefined for any other value. */
export function textIn(value: Value | undefined): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof Markup ? value.text : undefined;
}

/** Counts that a list, an object or a variable has a value. */
export function hold(value: Value, budget: Budget): void {
  budget.hold(heldChars(value));
}

/** The characters that a value keeps in memory, besides those of its items. */
export function heldChars(value: Value | undefined): number {
  if (value instanceof Thing) return THING_CHARS + value.chars;
  if (value instanceof Undefined) return THING_CHARS + value.message.length;
  return textIn(value)?.length ?? 0;
}

/** Characters that take as much memory as a function, a range or a generator. */
const THING_CHARS = 512;
