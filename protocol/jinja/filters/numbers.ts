import { fixed } from "../operators/numbers-format.ts";
import { isTrue } from "../values/compare.ts";
import { TemplateError } from "../values/errors.ts";
import {
  bounded,
  floatOf,
  floatText,
  numberIn,
  textIn,
  WHOLE_DIGITS_MAX,
  wholeIn,
  wholeOf,
} from "../values/numbers.ts";
import { type Native, native } from "../values/run.ts";
import { typeName } from "../values/types.ts";
import { Undefined, type Value } from "../values/values.ts";

/** The filters for numbers. */
export const NUMBER_FILTERS: Record<string, Native> = {
  abs: native("abs", "value", (_, value: Value) => {
    const number = required(value);
    if (number === undefined) throw new TemplateError(`bad operand type for abs(): '${typeName(value)}'`);
    return number < 0 ? -number : number;
  }),
  float: native("do_float", "value default?", (_, value: Value, fallback: Value = 0) => {
    const number = required(value);
    if (number !== undefined) return Number(number);
    return floatOf(textIn(value) ?? "") ?? fallback;
  }),
  int: native(
    "do_int",
    "value default? base?",
    ({ budget }, value: Value, fallback: Value = 0n, base: Value = 10n) => {
      const number = required(value);
      if (number !== undefined) return whole(number) ?? fallback;
      const text = textIn(value) ?? "";
      // Reading digits takes a time that grows with their square.
      budget.spend(Math.min(text.length, WHOLE_DIGITS_MAX) ** 2 / DIGIT_PAIRS);
      const float = floatOf(text);
      return wholeOf(text, wholeIn(base)) ?? (float === undefined ? undefined : whole(float)) ?? fallback;
    },
  ),
  round: native(
    "do_round",
    "value precision? method?",
    (_, value: Value, precision: Value = 0n, method: Value = "common") => {
      if (method !== "common" && method !== "ceil" && method !== "floor") {
        throw new TemplateError("method must be common, ceil or floor");
      }
      const number = required(value);
      if (number === undefined)
        throw new TemplateError(`type ${typeName(value)} doesn't define __round__ method`);
      const places = wholeIn(precision);
      if (method === "common") return rounded(number, places);
      const toWhole = method === "ceil" ? Math.ceil : Math.floor;
      return toWhole(Number(number) * 10 ** places) / 10 ** places;
    },
  ),
  filesizeformat: native("do_filesizeformat", "value binary?", (_, value: Value, binary: Value = false) =>
    fileSize(Number(required(value) ?? floatOf(textIn(value) ?? "") ?? Number.NaN), isTrue(binary)),
  ),
};

/** Pairs of digits that are read in the time of a step. */
const DIGIT_PAIRS = 256;

function required(value: Value): bigint | number | undefined {
  if (value instanceof Undefined) value.fail();
  return numberIn(value);
}

function whole(number: bigint | number): bigint | undefined {
  if (typeof number === "bigint") return number;
  if (Number.isNaN(number)) return undefined;
  if (!Number.isFinite(number)) throw new TemplateError("cannot convert float infinity to integer");
  return BigInt(Math.trunc(number));
}

/** Decimals beyond which a double has none. */
const PLACES_MAX = 323;

/** A number rounded as Python does: a tie to the even digit. */
function rounded(number: bigint | number, places: number): bigint | number {
  if (typeof number === "bigint") return places >= 0 ? number : roundedWhole(number, BigInt(-places));
  if (!Number.isFinite(number) || places > PLACES_MAX) return number;
  if (places >= 0) return Number(fixed(Math.abs(number), Math.min(places, 100))) * (number < 0 ? -1 : 1);
  const unit = 10 ** -places;
  return Number(fixed(Math.abs(number) / unit, 0)) * unit * (number < 0 ? -1 : 1);
}

function roundedWhole(number: bigint, zeros: bigint): bigint {
  if (zeros > 5_000n) return 0n;
  const unit = 10n ** zeros;
  const magnitude = number < 0n ? -number : number;
  const [count, rest] = [magnitude / unit, (magnitude % unit) * 2n];
  const is_up = rest > unit || (rest === unit && count % 2n === 1n);
  return bounded((count + (is_up ? 1n : 0n)) * unit * (number < 0n ? -1n : 1n));
}

function fileSize(bytes: number, is_binary: boolean): string {
  if (Number.isNaN(bytes)) throw new TemplateError("could not convert string to float");
  if (bytes === 1) return "1 Byte";
  const base = is_binary ? 1024 : 1000;
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const units = is_binary
    ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
    : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
  const at = units.findIndex((_, index) => bytes < base ** (index + 2));
  const power = at === -1 ? units.length - 1 : at;
  const count = (base * bytes) / base ** (power + 2);
  return `${Number.isFinite(count) ? fixed(count, 1) : floatText(count)} ${units[power]}`;
}
