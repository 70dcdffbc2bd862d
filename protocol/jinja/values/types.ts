import { isExact } from "../../base/numbers.ts";
import { Dict, Markup, Thing, Tuple, Undefined, type Value } from "./values.ts";

/** The name that Python gives to a value's type. */
export function typeName(value: Value): string {
  if (value === null) return "NoneType";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "float";
    case "string":
      return "str";
  }
  if (isExact(value)) return "float";
  if (Array.isArray(value)) return "list";
  if (value instanceof Tuple) return "tuple";
  if (value instanceof Dict) return "dict";
  if (value instanceof Markup) return "Markup";
  if (value instanceof Undefined) return value.strictness === "lenient" ? "Undefined" : "StrictUndefined";
  return value instanceof Thing ? value.type : "object";
}
