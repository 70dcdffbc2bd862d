import { parseJson } from "../base/json.ts";
import { VALUE_DEPTH_MAX } from "../base/limits.ts";
import { isExact, isStructure, numberOf } from "../base/numbers.ts";
import { parsePythonValue } from "./python-value.ts";

/** The type in a schema, besides null; undefined if it has none. */
export function namedType(type: string | string[] | undefined): string | undefined {
  return Array.isArray(type) ? type.find((one) => one !== "null") : type;
}

/** A text as a value of a type, as StackStorm reads it; undefined if the text has no such value. */
export function castText(wanted: string | undefined, text: string): unknown {
  switch (wanted) {
    case "integer":
      return /^\s*[+-]?\d+\s*$/.test(text) ? castWhole(wanted, castNumber(text)) : undefined;
    case "number":
      return castNumber(text);
    case "boolean":
      if (/^(true|1|yes|y|on)$/i.test(text.trim())) return true;
      return /^(false|0|no|n|off|)$/i.test(text.trim()) ? false : undefined;
    case "array":
    case "object":
      return structure(wanted, text);
    default:
      return text;
  }
}

/** Turns a whole number such as 60.0 into 60 where the type is `integer`; leaves any other value. */
export function castWhole(wanted: string | undefined, value: unknown): unknown {
  if (wanted !== "integer" || !isExact(value)) return value;
  const whole = Number(value);
  return Number.isSafeInteger(whole) ? whole : value;
}

/** Keeps digits that JSON accepts; reads other notations, such as `.5` or `0x10`, as JavaScript does. */
function castNumber(text: string): unknown {
  const digits = text.trim().replace(/^\+?(-?)0*(?=\d)/, "$1");
  const value = Number(digits);
  return numberOf(digits) ?? (digits !== "" && Number.isFinite(value) ? value : undefined);
}

const readJson = (text: string) => parseJson(text, { depth_max: VALUE_DEPTH_MAX, exact: true });

/** Reads JSON, or Python's notation of the same value. */
function structure(wanted: string, text: string): unknown {
  for (const read of [readJson, parsePythonValue]) {
    try {
      const value: unknown = read(text);
      if (isStructure(value) && Array.isArray(value) === (wanted === "array")) return value;
    } catch {
      // Try the other notation.
    }
  }
  return undefined;
}
