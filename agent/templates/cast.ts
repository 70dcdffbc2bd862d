import type { Parameter } from "../../protocol/action.ts";
import { parsePythonValue } from "./python-value.ts";

/** The type that a parameter's value is cast to; of several, the first that is not null. */
export function wantedType({ type }: Parameter): string | undefined {
  return Array.isArray(type) ? type.find((one) => one !== "null") : type;
}

/** A text as its parameter's type has it (StackStorm's casts); throws where it is not of that type. */
export function castText(name: string, parameter: Parameter, text: string): unknown {
  const wanted = wantedType(parameter);
  const value = cast(wanted, text);
  if (value !== undefined) return value;
  const shown = parameter.secret ? "********" : text;
  throw new Error(`Parameter "${name}" rendered to "${shown}", which is not of type '${wanted}'`);
}

function cast(wanted: string | undefined, text: string): unknown {
  switch (wanted) {
    case "integer":
      return /^\s*[-+]?\d+\s*$/.test(text) ? Number(text) : undefined;
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

/** JSON, or the way in which Python prints the same. */
function structure(wanted: string, text: string): unknown {
  for (const read of [JSON.parse, parsePythonValue]) {
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
