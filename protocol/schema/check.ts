import { Pattern } from "../base/pattern.ts";
import { pythonLiteral } from "../base/python-literal.ts";
import type { Steps } from "../base/steps.ts";
import { canonical } from "./canonical.ts";
import { FORMATS } from "./formats.ts";
import { ofNumber } from "./number.ts";
import { isSchema, ofType, type Schema, shown } from "./type.ts";

/** The reason why a value does not fit its schema, in the words of StackStorm's validator, and the path in the value. */
export interface Misfit {
  path: (string | number)[];
  reason: string;
}

/** Steps for checking one value against one schema. */
const CHECK_STEPS = 20;

/** The longest chain of references for one place of a value. */
const REFERENCES_MAX = 32;

/** The state of a check. */
interface Check {
  /** The schema in which `$ref` is resolved. */
  root: Schema;
  steps: Steps;
  path: (string | number)[];
  references: number;
  mask: (text: string) => string;
}

/**
 * Checks a value against a schema of JSON Schema's draft 4, with StackStorm's addition: a property itself may have `required: true`.
 * Returns the first misfit. Throws a `PatternError` for a pattern that RE2 does not support, and `too_costly`. `mask` hides secrets in
 * the part of the value that the reason repeats, before it is shortened: a cut secret would not be found.
 */
export function misfitOf(
  schema: Schema,
  value: unknown,
  steps: Steps,
  mask: (text: string) => string = unmasked,
): Misfit | undefined {
  return misfit(schema, value, { root: schema, steps, path: [], references: 0, mask });
}

function unmasked(text: string): string {
  return text;
}

function misfit(schema: unknown, value: unknown, check: Check): Misfit | undefined {
  check.steps.spend(CHECK_STEPS);
  if (schema === false) return { path: check.path, reason: `${shown(value, check.mask)} is not allowed` };
  if (!isSchema(schema)) return undefined;
  if (typeof schema.$ref === "string") return referred(schema.$ref, value, check);
  for (const rule of RULES) {
    const found = rule(schema, value, check);
    if (found !== undefined) return typeof found === "string" ? { path: check.path, reason: found } : found;
  }
  return undefined;
}

type Rule = (schema: Schema, value: unknown, check: Check) => Misfit | string | undefined;

const RULES: Rule[] = [
  (schema, value, { mask }) => ofType(schema, value, mask),
  ofEnum,
  ofNumber,
  ofText,
  ofList,
  ofObject,
  ofCombination,
];

function ofEnum({ enum: allowed }: Schema, value: unknown, check: Check): string | undefined {
  if (!Array.isArray(allowed)) return undefined;
  const wanted = canonical(value, check.steps);
  if (allowed.some((one) => canonical(one, check.steps) === wanted)) return undefined;
  return `${shown(value, check.mask)} is not one of ${JSON.stringify(allowed)}`;
}

function ofText(schema: Schema, value: unknown, check: Check): string | undefined {
  if (typeof value !== "string") return undefined;
  const { steps } = check;
  steps.spend(value.length);
  const { minLength, maxLength, pattern, format } = schema;
  if (typeof minLength === "number" || typeof maxLength === "number") {
    const length = lengthOf(value);
    if (typeof minLength === "number" && length < minLength)
      return `${shown(value, check.mask)} is too short`;
    if (typeof maxLength === "number" && length > maxLength) return `${shown(value, check.mask)} is too long`;
  }
  if (typeof pattern === "string" && !new Pattern(pattern, steps).test(value, steps))
    return `${shown(value, check.mask)} does not match ${pythonLiteral(pattern)}`;
  if (typeof format === "string" && Object.hasOwn(FORMATS, format) && !FORMATS[format]?.(value))
    return `${shown(value, check.mask)} is not a ${pythonLiteral(format)}`;
  return undefined;
}

/** The number of characters; a pair of surrogates is one. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

function ofList(schema: Schema, value: unknown, check: Check): Misfit | string | undefined {
  if (!Array.isArray(value)) return undefined;
  const { items, additionalItems, minItems, maxItems, uniqueItems } = schema;
  if (typeof minItems === "number" && value.length < minItems)
    return `${shown(value, check.mask)} is too short`;
  if (typeof maxItems === "number" && value.length > maxItems)
    return `${shown(value, check.mask)} is too long`;
  if (Array.isArray(items) && additionalItems === false && value.length > items.length)
    return `Additional items are not allowed (${shown(value[items.length], check.mask)} was unexpected)`;
  if (uniqueItems === true && new Set(value.map((item) => canonical(item, check.steps))).size < value.length)
    return `${shown(value, check.mask)} has non-unique elements`;
  for (const [at, item] of value.entries()) {
    const schemaAt = Array.isArray(items) ? (at < items.length ? items[at] : additionalItems) : items;
    const found = misfit(schemaAt, item, inside(check, at));
    if (found) return found;
  }
  return undefined;
}

function ofObject(schema: Schema, value: unknown, check: Check): Misfit | string | undefined {
  if (!isSchema(value)) return undefined;
  const names = Object.keys(value);
  const { minProperties, maxProperties } = schema;
  if (typeof minProperties === "number" && names.length < minProperties)
    return `${shown(value, check.mask)} does not have enough properties`;
  if (typeof maxProperties === "number" && names.length > maxProperties)
    return `${shown(value, check.mask)} has too many properties`;
  const missing = requiredOf(schema).find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `'${missing}' is a required property`;
  return unmetDependency(schema, value, check) ?? ofProperties(schema, value, check);
}

/** The required names: draft 4's list, and the properties with `required: true`. */
function requiredOf({ required, properties }: Schema): string[] {
  const named = Array.isArray(required) ? required.filter((name) => typeof name === "string") : [];
  if (!isSchema(properties)) return named;
  const own = Object.entries(properties).filter(([, one]) => isSchema(one) && one.required === true);
  return [...named, ...own.map(([name]) => name)];
}

function unmetDependency({ dependencies }: Schema, value: Schema, check: Check): Misfit | string | undefined {
  if (!isSchema(dependencies)) return undefined;
  for (const [name, needed] of Object.entries(dependencies)) {
    if (!Object.hasOwn(value, name)) continue;
    if (!Array.isArray(needed) && typeof needed !== "string") {
      const found = misfit(needed, value, check);
      if (found) return found;
      continue;
    }
    const names = [needed].flat().filter((other) => typeof other === "string");
    const missing = names.find((other) => !Object.hasOwn(value, other));
    if (missing !== undefined) return `'${missing}' is a dependency of '${name}'`;
  }
  return undefined;
}

function ofProperties(schema: Schema, value: Schema, check: Check): Misfit | string | undefined {
  const { properties, patternProperties, additionalProperties } = schema;
  const named = isSchema(properties) ? properties : {};
  const by_pattern = Object.entries(isSchema(patternProperties) ? patternProperties : {}).map(
    ([source, inner]) => ({ pattern: new Pattern(source, check.steps), inner }),
  );
  for (const [name, item] of Object.entries(value)) {
    const schemas = by_pattern
      .filter(({ pattern }) => pattern.test(name, check.steps))
      .map(({ inner }) => inner);
    if (Object.hasOwn(named, name)) schemas.push(named[name]);
    if (schemas.length === 0 && additionalProperties === false)
      return `Additional properties are not allowed ('${name}' was unexpected)`;
    if (schemas.length === 0) schemas.push(additionalProperties);
    for (const inner of schemas) {
      const found = misfit(inner, item, inside(check, name));
      if (found) return found;
    }
  }
  return undefined;
}

function ofCombination(schema: Schema, value: unknown, check: Check): Misfit | string | undefined {
  const { allOf, anyOf, oneOf, not } = schema;
  // Their reasons are not shown, so nothing needs a mask.
  const fits = (one: unknown) => misfit(one, value, { ...check, mask: unmasked }) === undefined;
  for (const one of Array.isArray(allOf) ? allOf : []) {
    const found = misfit(one, value, check);
    if (found) return found;
  }
  if (Array.isArray(anyOf) && !anyOf.some(fits))
    return `${shown(value, check.mask)} is not valid under any of the given schemas`;
  if (Array.isArray(oneOf)) {
    const count = oneOf.filter(fits).length;
    if (count === 0) return `${shown(value, check.mask)} is not valid under any of the given schemas`;
    if (count > 1) return `${shown(value, check.mask)} is valid under more than one of the given schemas`;
  }
  return isSchema(not) && fits(not) ? `${shown(value, check.mask)} is not allowed` : undefined;
}

/** Checks against the target of a `$ref` into the same schema. A reference without a target permits everything. */
function referred(reference: string, value: unknown, check: Check): Misfit | undefined {
  const references = check.references + 1;
  if (references > REFERENCES_MAX) return { path: check.path, reason: "the schema refers to itself" };
  const keys = reference
    .replace(/^#\/?/, "")
    .split("/")
    .filter((key) => key !== "");
  let target: unknown = check.root;
  for (const key of keys) {
    const name = key.replaceAll("~1", "/").replaceAll("~0", "~");
    target =
      isSchema(target) || Array.isArray(target)
        ? Object.entries(target).find(([own]) => own === name)?.[1]
        : undefined;
  }
  return misfit(target, value, { ...check, references });
}

function inside(check: Check, key: string | number): Check {
  return { ...check, path: [...check.path, key], references: 0 };
}
