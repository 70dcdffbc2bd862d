import { STEPS_MAX } from "../../../protocol/base/limits.ts";
import { isStructure } from "../../../protocol/base/numbers.ts";
import { Steps } from "../../../protocol/base/steps.ts";
import type { Action, Parameter, Parameters, RunnerType } from "../../../protocol/model/action.ts";
import { MASK } from "../../../protocol/model/mask.ts";
import { itemSchema, propertySchema, secretValues } from "../../../protocol/model/subschema.ts";
import { hasTemplate } from "../../../protocol/model/template-names.ts";

/** The values of parameters as a document may show them: values that the schemas call secret are masked, at any depth. */
export function maskParameters(
  { parameters }: Action,
  { runner_parameters }: RunnerType,
  values: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      // A value is secret if either schema says so.
      const masked = maskValue(runner_parameters[name] ?? {}, value);
      return [name, maskValue(parameters[name] ?? {}, masked)];
    }),
  );
}

/** A result as a document may show it. The action's `output_schema` describes the value under the runner's `output_key`. */
export function maskResult(
  { output_schema }: Action,
  { output_key }: RunnerType,
  result: Record<string, unknown>,
): Record<string, unknown> {
  if (!output_schema || !Object.hasOwn(result, output_key)) return result;
  return { ...result, [output_key]: maskValue(wholeSchema(output_schema), result[output_key]) };
}

/** The schemas of parameters without secret defaults. A default that is a template is not secret itself, and stays. */
export function withoutSecretDefaults(parameters: Parameters): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => {
      const secrets = secretValues(parameter, parameter.default);
      if (secrets.length === 0 || hasTemplate(secrets)) return [name, parameter];
      const { default: _, ...rest } = parameter;
      return [name, rest];
    }),
  );
}

/** The schema of an output: StackStorm's older packs give only its properties. */
export function wholeSchema(schema: Parameter): Parameter {
  return typeof schema.type === "string" || schema.secret === true
    ? schema
    : { type: "object", properties: schema };
}

function maskValue(schema: Parameter, value: unknown, steps = new Steps(STEPS_MAX)): unknown {
  if (value === null || value === undefined) return value;
  if (schema.secret) return MASK;
  if (!isStructure(value)) return value;
  if (Array.isArray(value))
    return value.map((item, index) => maskValue(itemSchema(schema, index), item, steps));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      maskValue(propertySchema(schema, name, steps), item, steps),
    ]),
  );
}
