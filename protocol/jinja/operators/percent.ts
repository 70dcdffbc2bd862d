import type { Budget } from "../values/budget.ts";
import { TemplateError } from "../values/errors.ts";
import { floatText, isLong, numberIn } from "../values/numbers.ts";
import { literalOf, textOf } from "../values/print.ts";
import { typeName } from "../values/types.ts";
import { Dict, Tuple, type Value } from "../values/values.ts";
import { boundedLayout, filled, type Layout, LONG_FORMAT_STEPS, numberText } from "./numbers-format.ts";

/** A key that does not end takes the rest: otherwise each further one would be searched for its end too. */
const PLACE = /%(?:\(([^)]*)(\)|$))?([-+ #0]*)(\d+|\*)?(?:\.(\d+|\*))?[hlL]?([\s\S]?)/g;

/** A text with values put into its places: Python's `%`. */
export function percentFormat(text: string, given: Value, budget: Budget): string {
  const values = given instanceof Tuple ? given.items : [given];
  let used = 0;
  const next = (): Value => {
    const value = values[used++];
    if (value === undefined) throw new TemplateError("not enough arguments for format string");
    return value;
  };
  budget.read(text.length);
  const formatted = text.replace(PLACE, (_, name, name_end, flags, width, precision, kind, at) => {
    if (name_end === "") throw new TemplateError("incomplete format key");
    if (kind === "%") return "%";
    if (kind === "") throw new TemplateError("incomplete format");
    const given_width = width === "*" ? countOf(next()) : Number(width ?? 0);
    const given_precision =
      precision === "*" ? countOf(next()) : precision === undefined ? undefined : Number(precision);
    const value = name === undefined ? next() : named(given, name);
    const layout = layoutOf(flags, given_width, given_precision, kind);
    return budget.made(placed(value, layout, at, budget));
  });
  if (used < values.length && !(given instanceof Dict)) {
    throw new TemplateError("not all arguments converted during string formatting");
  }
  return budget.made(formatted);
}

function countOf(value: Value): number {
  const number = numberIn(value);
  if (typeof number !== "bigint") throw new TemplateError("* wants int");
  return Number(number);
}

function named(values: Value, name: string): Value {
  if (!(values instanceof Dict)) throw new TemplateError("format requires a mapping");
  const value = values.get(name);
  if (value === undefined) throw new TemplateError(`'${name}'`);
  return value;
}

function layoutOf(flags: string, width: number, precision: number | undefined, kind: string): Layout {
  const align =
    flags.includes("-") || width < 0 ? "<" : flags.includes("0") && /[diouxXeEfFgG]/.test(kind) ? "=" : ">";
  return boundedLayout({
    fill: align === "=" ? "0" : " ",
    align,
    sign: flags.includes("+") ? "+" : flags.includes(" ") ? " " : "",
    is_alternate: flags.includes("#"),
    width: Math.abs(width),
    comma: "",
    precision,
    kind,
  });
}

function placed(value: Value, layout: Layout, at: number, budget: Budget): string {
  const { kind, precision } = layout;
  switch (kind) {
    case "s":
    case "r":
    case "a": {
      const text = kind === "s" ? textOf(value, budget) : literalOf(value, budget);
      return filled(precision === undefined ? text : [...text].slice(0, precision).join(""), layout);
    }
    case "c":
      return filled(
        typeof value === "string" ? value : String.fromCodePoint(Number(numberIn(value) ?? 0)),
        layout,
      );
    case "d":
    case "i":
    case "u": {
      const number = numberIn(value);
      if (number === undefined)
        throw new TemplateError(`%${kind} format: a real number is required, not ${typeName(value)}`);
      return wholeText(whole(number), { ...layout, kind: "d" }, budget);
    }
    case "x":
    case "X":
    case "o": {
      const number = numberIn(value);
      if (typeof number !== "bigint")
        throw new TemplateError(`%${kind} format: an integer is required, not ${typeName(value)}`);
      return wholeText(number, layout, budget);
    }
    default:
      return placedFloat(value, layout, at);
  }
}

function wholeText(number: bigint, layout: Layout, budget: Budget): string {
  if (isLong(number)) budget.spend(LONG_FORMAT_STEPS);
  return numberText(number, layout);
}

function placedFloat(value: Value, layout: Layout, at: number): string {
  if (!/^[eEfFgG]$/.test(layout.kind)) {
    const code = layout.kind.codePointAt(0)?.toString(16);
    throw new TemplateError(`unsupported format character '${layout.kind}' (0x${code}) at index ${at + 1}`);
  }
  const number = numberIn(value);
  if (number === undefined) throw new TemplateError(`must be real number, not ${typeName(value)}`);
  return numberText(Number(number), layout);
}

/** A float without its decimals. */
function whole(number: bigint | number): bigint {
  if (typeof number === "bigint") return number;
  if (!Number.isFinite(number))
    throw new TemplateError(`cannot convert float ${floatText(number)} to integer`);
  return BigInt(Math.trunc(number));
}
