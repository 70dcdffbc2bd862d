import { bounded, floatText } from "../values/numbers.ts";

/** Digits behind the point, and characters of a field. */
const PRECISION_MAX = 1_000;
const WIDTH_MAX = 10_000;

/** Steps of laying out a whole number of many digits. */
export const LONG_FORMAT_STEPS = 16_384;

/** How one value is laid out in a text, in the words of Python's format. */
export interface Layout {
  fill: string;
  align: "<" | ">" | "^" | "=";
  sign: "" | "+" | " " | "-";
  is_alternate: boolean;
  width: number;
  comma: "" | "," | "_";
  precision: number | undefined;
  kind: string;
}

/** The limits of the platform, which has at most 100 digits behind the point. */
export function boundedLayout(layout: Layout): Layout {
  const { precision, width } = layout;
  return {
    ...layout,
    width: Math.min(width, WIDTH_MAX),
    precision: precision === undefined ? undefined : Math.min(Math.max(precision, 0), PRECISION_MAX),
  };
}

/** A text in its field. */
export function filled(text: string, { fill, align, width }: Layout, sign_chars = 0): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (align === "=") return text.slice(0, sign_chars) + fill.repeat(missing) + text.slice(sign_chars);
  if (align === "<") return text + fill.repeat(missing);
  if (align === ">") return fill.repeat(missing) + text;
  const left = Math.floor(missing / 2);
  return fill.repeat(left) + text + fill.repeat(missing - left);
}

/** A number in its field. */
export function numberText(value: bigint | number, layout: Layout): string {
  const is_negative = value < 0 || Object.is(value, -0);
  const sign = is_negative ? "-" : layout.sign === "+" || layout.sign === " " ? layout.sign : "";
  const digits =
    typeof value === "bigint" && /^[bcdoxXn]?$/.test(layout.kind)
      ? wholeDigits(value, layout)
      : floatDigits(Number(value), layout);
  const prefix = sign + (layout.is_alternate ? prefixOf(layout.kind) : "");
  return filled(prefix + digits, layout, prefix.length);
}

function prefixOf(kind: string): string {
  return /^[boxX]$/.test(kind) ? `0${kind}` : "";
}

function wholeDigits(value: bigint, { kind, comma }: Layout): string {
  const radix = { b: 2, o: 8, x: 16, X: 16 }[kind] ?? 10;
  const magnitude = bounded(value < 0n ? -value : value);
  const digits = magnitude.toString(radix);
  return grouped(kind === "X" ? digits.toUpperCase() : digits, comma, radix === 10 ? 3 : 4);
}

function floatDigits(value: number, { kind, precision, comma, is_alternate }: Layout): string {
  const magnitude = Math.abs(value);
  if (!Number.isFinite(magnitude)) {
    const word = Number.isNaN(magnitude) ? "nan" : "inf";
    return (/[EFG]/.test(kind) ? word.toUpperCase() : word) + (kind === "%" ? "%" : "");
  }
  const places = precision ?? 6;
  switch (kind) {
    case "f":
    case "F":
      return grouped(fixed(magnitude, places), comma, 3);
    case "%":
      return `${fixed(magnitude * 100, places)}%`;
    case "e":
    case "E":
      return cased(exponential(magnitude, places), kind);
    case "g":
    case "G":
    case "n":
      return cased(grouped(general(magnitude, precision ?? 6, is_alternate), comma, 3), kind);
    default:
      if (precision === undefined) return grouped(floatText(magnitude), comma, 3);
      return grouped(withPoint(general(magnitude, precision, false)), comma, 3);
  }
}

function cased(text: string, kind: string): string {
  return kind === kind.toUpperCase() ? text.toUpperCase() : text;
}

/** The platform writes no more than 100 digits, and large numbers with an exponent. */
export function fixed(value: number, places: number): string {
  const few = Math.min(places, 100);
  const text =
    value < 1e21 ? value.toFixed(few) : BigInt(value).toString() + (few > 0 ? `.${"0".repeat(few)}` : "");
  return exactTie(value, few) ?? text + "0".repeat(places - few);
}

/** Halvings after which a double is a whole number, if it has few decimals. */
const HALVINGS_MAX = 64;

/** Python rounds a tie to the even digit, the platform up. */
function exactTie(value: number, places: number): string | undefined {
  let halvings = 0;
  let whole = value;
  for (; !Number.isInteger(whole) && halvings < HALVINGS_MAX; halvings++) whole *= 2;
  if (halvings === 0 || !Number.isInteger(whole)) return undefined;
  const unit = 1n << BigInt(halvings);
  const scaled = BigInt(whole) * 10n ** BigInt(places);
  if (scaled % unit !== unit / 2n) return undefined;
  const below = scaled / unit;
  const digits = String(below + (below % 2n)).padStart(places + 1, "0");
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

function exponential(value: number, places: number): string {
  const few = Math.min(places, 100);
  const [mantissa = "", power = "0"] = value.toExponential(few).split("e");
  const exponent = Number(power);
  return `${mantissa}${"0".repeat(places - few)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function general(value: number, precision: number, keeps_zeros: boolean): string {
  const digits = Math.min(Math.max(precision, 1), 100);
  const exponent = value === 0 ? 0 : Number(value.toExponential(digits - 1).split("e")[1]);
  const bare = (text: string) => (keeps_zeros || !text.includes(".") ? text : text.replace(/\.?0+$/, ""));
  if (exponent < -4 || exponent >= digits) {
    const [mantissa = "", power = ""] = exponential(value, digits - 1).split("e");
    return `${bare(mantissa)}e${power}`;
  }
  return bare(fixed(value, Math.max(digits - 1 - exponent, 0)));
}

function withPoint(text: string): string {
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function grouped(digits: string, comma: string, size: number): string {
  if (comma === "") return digits;
  const [whole = "", ...rest] = digits.split(/(?=\.|e[-+])/);
  const groups: string[] = [];
  const first = whole.length % size;
  if (first > 0) groups.push(whole.slice(0, first));
  for (let at = first; at < whole.length; at += size) groups.push(whole.slice(at, at + size));
  return groups.join(comma) + rest.join("");
}
