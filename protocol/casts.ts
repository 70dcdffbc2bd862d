import { parseJson } from "./json.ts";
import { VALUE_DEPTH_MAX } from "./limits.ts";
import { parsePythonValue } from "./python-value.ts";

/** The one type that a schema names besides null, if it does. */
export function namedType(type: string | string[] | undefined): string | undefined {
  return Array.isArray(type) ? type.find((one) => one !== "null") : type;
}

/** A text as a value of a type, as StackStorm reads it; undefined where it stands for none. */
export function castText(wanted: string | undefined, text: string): unknown {
  switch (wanted) {
    case "integer":
      return /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : undefined;
    case "number":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
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

const readJson = (text: string) => parseJson(text, { depth_max: VALUE_DEPTH_MAX });

/** JSON, or the way in which Python prints the same. */
function structure(wanted: string, text: string): unknown {
  for (const read of [readJson, parsePythonValue]) {
    try {
      const value: unknown = read(text);
      if (typeof value === "object" && value !== null && Array.isArray(value) === (wanted === "array"))
        return value;
    } catch {
      // The other way of writing is tried next.
    }
  }
  return undefined;
}
