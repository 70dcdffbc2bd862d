import { Pattern, PatternError } from "../base/pattern.ts";
import type { Steps } from "../base/steps.ts";
import { isSchema, type Schema } from "./type.ts";

/** The error in a schema, and the path to it. */
export interface SchemaProblem {
  keys: (string | number)[];
  reason: string;
}

/** Keywords with one schema, a list of schemas, or schemas by name. */
const ONE = ["items", "additionalItems", "additionalProperties", "not"];
const SOME = ["items", "allOf", "anyOf", "oneOf"];
const NAMED = ["properties", "patternProperties", "definitions", "dependencies"];

/** The first pattern in a schema that RE2 cannot compile: no value could be checked against it. */
export function schemaProblem(schema: unknown, steps: Steps): SchemaProblem | undefined {
  if (!isSchema(schema)) return undefined;
  steps.spend(1);
  const own = patternsOf(schema);
  for (const { keys, source } of own) {
    const reason = reasonAgainst(source, steps);
    if (reason !== undefined) return { keys, reason };
  }
  for (const { keys, inner } of subschemas(schema)) {
    const problem = schemaProblem(inner, steps);
    if (problem) return { keys: [...keys, ...problem.keys], reason: problem.reason };
  }
  return undefined;
}

function patternsOf(schema: Schema): { keys: string[]; source: unknown }[] {
  const own = schema.pattern === undefined ? [] : [{ keys: ["pattern"], source: schema.pattern }];
  const { patternProperties } = schema;
  if (!isSchema(patternProperties)) return own;
  const named = Object.keys(patternProperties).map((source) => ({
    keys: ["patternProperties", source],
    source,
  }));
  return [...own, ...named];
}

function reasonAgainst(source: unknown, steps: Steps): string | undefined {
  if (typeof source !== "string") return "a pattern must be a text";
  try {
    new Pattern(source, steps);
    return undefined;
  } catch (error) {
    if (error instanceof PatternError) return `the pattern cannot be matched by RE2: ${error.message}`;
    throw error;
  }
}

function subschemas(schema: Schema): { keys: (string | number)[]; inner: unknown }[] {
  const one = ONE.map((key) => ({ keys: [key], inner: schema[key] }));
  const some = SOME.flatMap((key) => {
    const list = schema[key];
    return Array.isArray(list) ? list.map((inner, at) => ({ keys: [key, at], inner })) : [];
  });
  const named = NAMED.flatMap((key) => {
    const group = schema[key];
    return isSchema(group)
      ? Object.entries(group).map(([name, inner]) => ({ keys: [key, name], inner }))
      : [];
  });
  return [...one, ...some, ...named];
}
