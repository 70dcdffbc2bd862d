import { isExact, isStructure } from "../../../protocol/base/numbers.ts";
import { isMaskable, MASK } from "../../../protocol/model/mask.ts";
import { parameterSchema } from "../../../protocol/model/parameters.ts";
import { secretValues } from "../../../protocol/model/subschema.ts";
import type { ExecutionSpec } from "../../objects/spec.ts";
import { wholeSchema } from "./mask.ts";

/** The secret texts in an execution's parameters and result, which no document may show: the schemas and its chain name them. */
export function secretsOf(
  { action, runner, parameters, resolved, secrets = [] }: ExecutionSpec,
  result: Record<string, unknown>,
): string[] {
  const schema = parameterSchema(action, runner);
  const given = { ...parameters, ...resolved.runner, ...resolved.action };
  const values = Object.entries(given).flatMap(([name, value]) =>
    [schema.runner[name], schema.action[name], action.parameters[name]].flatMap((parameter) =>
      parameter ? secretValues(parameter, value) : [],
    ),
  );
  const { output_schema } = action;
  if (output_schema) values.push(...secretValues(wholeSchema(output_schema), result[runner.output_key]));
  return [...new Set([...secrets, ...textsOf(values)])];
}

/** The texts that a value contains at any depth, also in the form that they have in a template's quotes. */
export function textsWithin(value: unknown, texts: readonly string[]): string[] {
  const found = new Set<string>();
  const look = (inner: unknown): void => {
    if (isStructure(inner)) {
      for (const [key, item] of Object.entries(inner)) {
        look(key);
        look(item);
      }
    } else if (isNumber(inner)) {
      if (texts.includes(String(inner))) found.add(String(inner));
    } else if (typeof inner === "string") {
      for (const text of texts)
        for (const form of [text, quotedText(text)]) if (inner.includes(form)) found.add(text).add(form);
    }
  };
  look(value);
  return [...found];
}

/** A text in the form that it has in a template's quotes, without braces that a template would read. */
export function quotedText(text: string): string {
  return JSON.stringify(text).slice(1, -1).replaceAll("{", "\\u007b").replaceAll("}", "\\u007d");
}

/** The texts of secret values. Each part of a secret list or object is a text of its own. */
export function textsOf(values: unknown): string[] {
  const texts = new Set<string>();
  const collect = (value: unknown): void => {
    if (isStructure(value)) for (const item of Object.values(value)) collect(item);
    else if (typeof value === "string" || isNumber(value)) {
      if (isMaskable(String(value))) texts.add(String(value));
    }
  };
  collect(values);
  return [...texts];
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || isExact(value);
}

/** The value with each of these texts masked, at any depth. */
export function maskTexts<T>(value: T, secrets: readonly string[]): T {
  if (secrets.length === 0) return value;
  // A longer text may contain a shorter one.
  const ordered = [...new Set(secrets)].sort((a, b) => b.length - a.length);
  const masked = (text: string) => ordered.reduce((rest, secret) => rest.replaceAll(secret, MASK), text);
  const mask = (inner: unknown): unknown => {
    if (typeof inner === "string") return masked(inner);
    if (isNumber(inner)) return ordered.includes(String(inner)) ? MASK : inner;
    if (Array.isArray(inner)) return inner.map(mask);
    if (!isStructure(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, item]) => [masked(key), mask(item)]));
  };
  // Masking keeps lists and objects what they are.
  return mask(value) as T;
}
