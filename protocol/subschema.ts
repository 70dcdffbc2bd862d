import type { Parameter } from "./action.ts";
import { TailraceError } from "./errors.ts";
import { STEPS_MAX } from "./limits.ts";
import { isStructure } from "./numbers.ts";
import { Pattern, PatternError } from "./pattern.ts";
import { Steps } from "./steps.ts";

/** The schema of an item of a list that a schema describes; an empty one where it says nothing. */
export function itemSchema({ items, additionalItems }: Parameter, index: number): Parameter {
  if (!Array.isArray(items)) return asSchema(items);
  return asSchema(index < items.length ? items[index] : additionalItems);
}

/** The schema of a property of an object that a schema describes; an empty one where it says nothing. */
export function propertySchema(schema: Parameter, name: string): Parameter {
  const { properties, patternProperties, additionalProperties } = schema;
  if (isRecord(properties) && Object.hasOwn(properties, name)) return asSchema(properties[name]);
  const matched = patternsOf(patternProperties).find(({ matches }) => matches(name));
  return asSchema(matched ? matched.schema : additionalProperties);
}

interface PropertyPattern {
  matches: (name: string) => boolean;
  schema: unknown;
}

/** The patterns of schemas by the objects that hold them: a value may have many properties to ask for. */
const known = new WeakMap<object, PropertyPattern[]>();

function patternsOf(patternProperties: unknown): PropertyPattern[] {
  if (!isRecord(patternProperties)) return [];
  const patterns =
    known.get(patternProperties) ??
    Object.entries(patternProperties).map(([source, schema]) => ({ matches: matcherOf(source), schema }));
  known.set(patternProperties, patterns);
  return patterns;
}

/** What cannot be matched is taken to match: a schema may call secret what it stands for. */
function matcherOf(source: string): (name: string) => boolean {
  const pattern = ofOutside(() => new Pattern(source, new Steps(STEPS_MAX)));
  return (name) => ofOutside(() => pattern?.test(name, new Steps(STEPS_MAX))) ?? true;
}

function ofOutside<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof PatternError || error instanceof TailraceError) return undefined;
    throw error;
  }
}

/** What a schema calls secret in a value, however deep it lies. */
export function secretValues(schema: Parameter, value: unknown): unknown[] {
  if (value === null || value === undefined) return [];
  if (schema.secret) return [value];
  if (!isStructure(value)) return [];
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
