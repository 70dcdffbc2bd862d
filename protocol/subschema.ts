import type { Parameter } from "./action.ts";

/** The schema of an item of a list that a schema describes; an empty one where it says nothing. */
export function itemSchema({ items, additionalItems }: Parameter, index: number): Parameter {
  if (!Array.isArray(items)) return asSchema(items);
  return asSchema(index < items.length ? items[index] : additionalItems);
}

/** The schema of a property of an object that a schema describes; an empty one where it says nothing. */
export function propertySchema(schema: Parameter, name: string): Parameter {
  const { properties, patternProperties, additionalProperties } = schema;
  if (isRecord(properties) && Object.hasOwn(properties, name)) return asSchema(properties[name]);
  const pattern = Object.keys(isRecord(patternProperties) ? patternProperties : {}).find((text) =>
    new RegExp(text).test(name),
  );
  if (pattern !== undefined && isRecord(patternProperties)) return asSchema(patternProperties[pattern]);
  return asSchema(additionalProperties);
}

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

/** `true` and `false` are schemas too, and say nothing of secrets. */
function asSchema(value: unknown): Parameter {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
