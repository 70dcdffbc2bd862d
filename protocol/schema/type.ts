import { pythonLiteral } from "../base/python-literal.ts";

/** A schema from a pack, which is an object. `true` and `false` are schemas too. */
export type Schema = Record<string, unknown>;

export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The reason why a value is of none of the types that a schema names. */
export function ofType({ type }: Schema, value: unknown, mask: (text: string) => string): string | undefined {
  if (type === undefined) return undefined;
  const types = [type].flat();
  if (types.some((one) => isOfType(value, one))) return undefined;
  return `${shown(value, mask)} is not of type ${types.map(pythonLiteral).join(", ")}`;
}

function isOfType(value: unknown, type: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isSchema(value);
  if (type === "integer") return typeof value === "number" && Number.isInteger(value);
  return type === "any" || typeof value === type;
}

/** Characters of a value in a reason. */
const SHOWN_CHARS_MAX = 200;

/** The beginning of a value, as a reason repeats it. */
export function shown(value: unknown, mask: (text: string) => string): string {
  const text = mask(typeof value === "string" ? `'${value}'` : JSON.stringify(value));
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text;
}
