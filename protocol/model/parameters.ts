import { TailraceError } from "../base/errors.ts";
import { PARAMETERS_BYTES_MAX, STEPS_MAX } from "../base/limits.ts";
import { isExact, isStructure, nearest, writeExact } from "../base/numbers.ts";
import { own } from "../base/own.ts";
import { PatternError } from "../base/pattern.ts";
import { Steps } from "../base/steps.ts";
import { misfitOf } from "../schema/check.ts";
import type { ActionSpec, Parameter, Parameters, RunnerType } from "./action.ts";
import { castText, castWhole, namedType } from "./casts.ts";
import { MASK } from "./mask.ts";
import { jsonBytes } from "./result.ts";
import { checkStart } from "./start.ts";
import { hasTemplate, namesWantedIn } from "./template-names.ts";

/** The parameters of an execution: given values over defaults, separately for the runner and the action. */
export interface ResolvedParameters {
  runner: Record<string, unknown>;
  action: Record<string, unknown>;
}

/** The attributes of a runner's parameter that an action may change (StackStorm's rule). */
const OVERRIDABLE = ["default", "description", "enum", "immutable", "required"] as const;

/** Given values with each text cast to the type that its parameter names, as StackStorm does; a text that cannot be cast stays. */
export function castParameters(
  action: ActionSpec,
  runner: RunnerType,
  given: Record<string, unknown>,
): Record<string, unknown> {
  const schema = parameterSchema(action, runner);
  const all: Parameters = { ...schema.action, ...schema.runner };
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const type = namedType(all[name]?.type);
      if (typeof value !== "string" || hasTemplate(value)) return [name, castWhole(type, value)];
      if (type === undefined) return [name, value];
      return [name, castText(type, value) ?? (type === "array" ? listOf(value) : value)];
    }),
  );
}

/** A list as users write it by hand. */
function listOf(text: string): string[] {
  return text.split(",").map((item) => item.trim());
}

/**
 * Checks given parameters against an action and its runner, with StackStorm's texts, and adds the defaults. Values with templates are
 * not checked here: `checkParameters` checks them once they have been rendered.
 */
export function resolveParameters(
  action: ActionSpec,
  runner: RunnerType,
  given: Record<string, unknown>,
): ResolvedParameters {
  const schema = parameterSchema(action, runner);
  const all = { ...schema.action, ...schema.runner };
  refuseLarge(given);
  refuseUnknown(all, given);
  refuseImmutable(all, given);
  const values = withDefaults(all, given);
  refuseUnknownVariables(all, values);
  const steps = new Steps(STEPS_MAX);
  for (const [name, parameter] of Object.entries(all)) {
    const value = own(values, name);
    if (!hasTemplate(value)) checkValue(name, parameter, value, steps);
  }
  const resolved = { runner: pick(values, schema.runner), action: pick(values, schema.action) };
  checkStart(action, resolved.runner, resolved.action, (value) => !hasTemplate(value));
  return resolved;
}

/**
 * Checks rendered values. Throws `invalid` with StackStorm's text. `mask` hides secrets in the values that the text repeats, before it
 * shortens them: a cut secret would not be found.
 */
export function checkParameters(
  schema: Parameters,
  values: Record<string, unknown>,
  mask?: (text: string) => string,
): void {
  const steps = new Steps(STEPS_MAX);
  for (const [name, parameter] of Object.entries(schema))
    checkValue(name, parameter, own(values, name), steps, mask);
}

/** The schema of an execution's parameters: the runner's parameters as the action overrides them, and the action's own. */
export function parameterSchema(
  action: ActionSpec,
  runner: RunnerType,
): { runner: Parameters; action: Parameters } {
  return {
    runner: overriddenSchema(runner.runner_parameters, action.parameters),
    action: ownSchema(runner.runner_parameters, action.parameters),
  };
}

function overriddenSchema(ofRunner: Parameters, ofAction: Parameters): Parameters {
  const schema: Parameters = {};
  for (const [name, parameter] of Object.entries(ofRunner)) {
    const override = ofAction[name] ?? {};
    const changed = OVERRIDABLE.filter((key) => Object.hasOwn(override, key)).map((key) => [
      key,
      override[key],
    ]);
    schema[name] = { ...parameter, ...Object.fromEntries(changed) };
  }
  return schema;
}

function ownSchema(ofRunner: Parameters, ofAction: Parameters): Parameters {
  return Object.fromEntries(Object.entries(ofAction).filter(([name]) => !Object.hasOwn(ofRunner, name)));
}

function refuseLarge(given: Record<string, unknown>): void {
  const bytes = jsonBytes(given);
  if (bytes <= PARAMETERS_BYTES_MAX) return;
  throw new TailraceError(
    "invalid",
    `The parameters have ${bytes} bytes as JSON; an execution has at most ${PARAMETERS_BYTES_MAX}.`,
  );
}

function refuseUnknown(schema: Parameters, given: Record<string, unknown>): void {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(schema, name));
  if (unknown.length === 0) return;
  const names = unknown.map((name) => `'${name}'`).join(", ");
  const verb = unknown.length === 1 ? "was" : "were";
  throw new TailraceError("invalid", `Additional properties are not allowed (${names} ${verb} unexpected)`);
}

function refuseImmutable(schema: Parameters, given: Record<string, unknown>): void {
  const fixed = Object.keys(given).filter((name) => schema[name]?.immutable);
  if (fixed.length === 0) return;
  const names = fixed.map((name) => `'${name}'`).join(", ");
  throw new TailraceError("invalid", `Override of immutable parameter(s) [${names}] is unsupported.`);
}

/** The variables that templates know besides parameters: StackStorm's contexts. */
export const CONTEXTS: readonly string[] = ["action_context", "config_context", "st2kv", "system", "user"];

/** Refuses a template with a variable that nothing can give, before anything is made of it. */
function refuseUnknownVariables(schema: Parameters, values: Record<string, unknown>): void {
  for (const name of namesWantedIn(values)) {
    if (Object.hasOwn(schema, name) || CONTEXTS.includes(name)) continue;
    throw new TailraceError("unresolved", `Dependency unsatisfied in variable "${name}"`);
  }
}

function withDefaults(schema: Parameters, given: Record<string, unknown>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(schema)) {
    // A default is cast like a given value: 60.0 is the whole number 60.
    const value = own(given, name) ?? castWhole(namedType(parameter.type), parameter.default);
    if (value !== undefined && value !== null) values[name] = value;
  }
  return values;
}

function checkValue(
  name: string,
  parameter: Parameter,
  value: unknown,
  steps: Steps,
  mask?: (text: string) => string,
): void {
  if (value === undefined) {
    if (parameter.required) throw new TailraceError("invalid", `'${name}' is a required property`);
    return;
  }
  const { required: _, immutable: __, secret: ___, position: ____, default: _____, ...schema } = parameter;
  if (schema.type === "string" && typeof value !== "string") {
    const text = isStructure(value) ? writeExact(value) : String(value);
    const shown = parameter.secret ? MASK : text;
    throw new TailraceError(
      "invalid",
      `Value "${shown}" must either be a string or None. Got "${pythonType(value)}".`,
    );
  }
  const reason = reasonAgainst(schema, value, steps, mask);
  if (reason === undefined) return;
  // The reason would repeat the secret.
  const shown = parameter.secret ? "does not fit its schema" : reason;
  throw new TailraceError("invalid", `Parameter "${name}": ${shown}`);
}

/** The reason why a value does not fit its schema: the place inside it, then StackStorm's words. */
function reasonAgainst(
  schema: Parameter,
  value: unknown,
  steps: Steps,
  mask?: (text: string) => string,
): string | undefined {
  try {
    const misfit = misfitOf(nearest(schema), nearest(value), steps, mask);
    return misfit && [...misfit.path, misfit.reason].join(": ");
  } catch (error) {
    // An action may have been registered before its pattern was refused.
    if (error instanceof PatternError) return `a pattern of its schema cannot be matched: ${error.message}`;
    throw error;
  }
}

function pythonType(value: unknown): string {
  if (Array.isArray(value)) return "list";
  if (typeof value === "boolean") return "bool";
  if (isExact(value)) return /[.eE]/.test(String(value)) ? "float" : "int";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return "dict";
}

function pick(values: Record<string, unknown>, schema: Parameters): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(schema, name)));
}
