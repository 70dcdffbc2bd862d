import type { Parameter } from "../../protocol/action.ts";
import { itemSchema, propertySchema } from "../../protocol/subschema.ts";

/** What a schema calls secret in a value, however deep it lies. */
export function secretValues(schema: Parameter, value: unknown): unknown[] {
  if (value === null || value === undefined) return [];
  if (schema.secret) return [value];
  if (typeof value !== "object") return [];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => secretValues(itemSchema(schema, index), item));
  }
  return Object.entries(value).flatMap(([name, item]) => secretValues(propertySchema(schema, name), item));
}
