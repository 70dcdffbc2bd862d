import { TailraceError } from "../base/errors.ts";
import { STEPS_MAX } from "../base/limits.ts";
import { isStructure } from "../base/numbers.ts";
import { Pattern, PatternError } from "../base/pattern.ts";
import { Steps } from "../base/steps.ts";
import type { Parameter } from "./action.ts";

/** The schema of an item of a list that a schema describes; an empty one if it does not describe it. */
export function itemSchema({ items, additionalItems }: Parameter, index: number): Parameter {
  if (!Array.isArray(items)) return asSchema(items);
  return asSchema(index < items.length ? items[index] : additionalItems);
}

/**
 * The schema of a property of an object that a schema describes; an empty one if it does not describe it. One value's properties share
 * the steps, because each may be compared with many patterns.
 */
export function propertySchema(schema: Parameter, name: string, steps: Steps): Parameter {
  const { properties, patternProperties, additionalProperties } = schema;
  if (isRecord(properties) && Object.hasOwn(properties, name)) return asSchema(properties[name]);
  const matched = patternsOf(patternProperties).find((one) => isMatched(one, name, steps));
  return asSchema(matched ? matched.schema : additionalProperties);
}

interface PropertyPattern {
  source: string;
  schema: unknown;
  /** Created on first use. */
  pattern?: Pattern;
}

/** The patterns of schemas, by the `patternProperties` object: a value may have many properties to look up. */
const known = new WeakMap<object, PropertyPattern[]>();

/** Patterns of secret properties come first: if several match, or no steps are left, the value is masked. */
function patternsOf(patternProperties: unknown): PropertyPattern[] {
  if (!isRecord(patternProperties)) return [];
  const patterns =
    known.get(patternProperties) ??
    Object.entries(patternProperties)
      .map(([source, schema]): PropertyPattern => ({ source, schema }))
      .sort((one, other) => Number(isSecret(other)) - Number(isSecret(one)));
  known.set(patternProperties, patterns);
  return patterns;
}

function isSecret({ schema }: PropertyPattern): boolean {
  return asSchema(schema).secret === true;
}

/** A pattern that cannot be compiled counts as a match, because its property may be secret. */
function isMatched(one: PropertyPattern, name: string, steps: Steps): boolean {
  try {
    one.pattern ??= new Pattern(one.source, steps);
    return one.pattern.test(name, steps);
  } catch (error) {
    if (error instanceof PatternError || error instanceof TailraceError) return true;
    throw error;
  }
}

/** The values that a schema marks as secret, at any depth. */
export function secretValues(schema: Parameter, value: unknown, steps = new Steps(STEPS_MAX)): unknown[] {
  if (value === null || value === undefined) return [];
  if (schema.secret) return [value];
  if (!isStructure(value)) return [];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => secretValues(itemSchema(schema, index), item, steps));
  }
  return Object.entries(value).flatMap(([name, item]) =>
    secretValues(propertySchema(schema, name, steps), item, steps),
  );
}

/** `true` and `false` are schemas too, without secrets. */
function asSchema(value: unknown): Parameter {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
