import type { Budget } from "../values/budget.ts";
import { TemplateError } from "../values/errors.ts";
import { isFloat, isLong, numberIn, textIn } from "../values/numbers.ts";
import { literalOf, textOf } from "../values/print.ts";
import { typeName } from "../values/types.ts";
import type { Arguments, Value } from "../values/values.ts";
import { boundedLayout, filled, type Layout, LONG_FORMAT_STEPS, numberText } from "./numbers-format.ts";

/** Reads an attribute, or an item, of a value that a place names. */
export type Reader = (value: Value, kind: "attribute" | "item", name: string) => Value;

/** A piece of a text with places: characters, or the inside of a pair of braces. */
const PIECE = /\{\{|\}\}|\{((?:[^{}]|\{[^{}]*\})*)\}|[{}]/g;

/** A place's path may read as many parts as it has pairs of characters. */
const READ_FACTOR = 8;

/** A text with values put into its places: Python's `str.format`. */
export function braceFormat(text: string, args: Arguments, read: Reader, budget: Budget): string {
  let counted = 0;
  budget.read(READ_FACTOR * text.length);
  const place = (inside: string): string => {
    const [, path = "", conversion, spec = ""] = /^([^!:]*)(?:!(.))?(?::([\s\S]*))?$/.exec(inside) ?? [];
    const value = valueAt(path === "" || /^[.[]/.test(path) ? `${counted++}${path}` : path, args, read);
    const shown =
      conversion === "r" ? literalOf(value, budget) : conversion === "s" ? textOf(value, budget) : value;
    return budget.made(
      laidOut(
        shown,
        spec.replace(/\{([^{}]*)\}/g, (_, inner) => place(inner)),
        budget,
      ),
    );
  };
  return budget.made(
    text.replace(PIECE, (piece, inside) => {
      if (piece === "{{" || piece === "}}") return piece.slice(1);
      if (inside !== undefined) return place(inside);
      throw new TemplateError(`Single '${piece}' encountered in format string`);
    }),
  );
}

function valueAt(path: string, args: Arguments, read: Reader): Value {
  const [, name = "", rest = ""] = /^([^.[]*)([\s\S]*)$/.exec(path) ?? [];
  let value = /^\d+$/.test(name) ? args.positional[Number(name)] : args.named.get(name);
  if (value === undefined) {
    throw new TemplateError(/^\d+$/.test(name) ? "tuple index out of range" : `'${name}'`);
  }
  for (const [, attribute, item] of rest.matchAll(/\.([^.[]+)|\[([^\]]+)\]/g)) {
    value = attribute !== undefined ? read(value, "attribute", attribute) : read(value, "item", item ?? "");
  }
  return value;
}

const SPEC = /^(?:([\s\S])?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/u;

/** A value as its specification lays it out: Python's `format`. */
function laidOut(value: Value, spec: string, budget: Budget): string {
  if (spec === "") return textOf(value, budget);
  const number = numberIn(value);
  const text = textIn(value);
  const parts = SPEC.exec(spec);
  if (!parts || (number === undefined && text === undefined)) {
    const reason = parts
      ? `unsupported format string passed to ${typeName(value)}.__format__`
      : "Invalid format specifier";
    throw new TemplateError(reason);
  }
  const [, fill, align, sign, alternate, zero, width, comma, precision, kind] = parts;
  const is_number = number !== undefined;
  const layout = boundedLayout({
    fill: fill ?? (zero && is_number ? "0" : " "),
    align:
      align === undefined ? (zero && is_number ? "=" : is_number ? ">" : "<") : (align as Layout["align"]),
    sign: (sign ?? "") as Layout["sign"],
    is_alternate: alternate !== undefined,
    width: Number(width ?? 0),
    comma: (comma ?? "") as Layout["comma"],
    precision: precision === undefined ? undefined : Number(precision),
    kind: kind ?? "",
  });
  if (typeof number === "bigint" && isLong(number)) budget.spend(LONG_FORMAT_STEPS);
  if (!is_number) return ofText(text ?? "", layout);
  const is_float = isFloat(value);
  if (/^[bcdoxX]$/.test(layout.kind) === is_float && layout.kind !== "" && is_float)
    refuse(layout.kind, "float");
  if (layout.kind === "s") refuse("s", is_float ? "float" : "int");
  return numberText(number, layout);
}

function ofText(text: string, layout: Layout): string {
  if (layout.kind !== "" && layout.kind !== "s") refuse(layout.kind, "str");
  const { precision } = layout;
  return filled(precision === undefined ? text : [...text].slice(0, precision).join(""), layout);
}

function refuse(kind: string, type: string): never {
  throw new TemplateError(`Unknown format code '${kind}' for object of type '${type}'`);
}
