import { messageOf } from "../base/failure-text.ts";
import { isStructure } from "../base/numbers.ts";
import { TemplateSyntaxError, UndefinedError } from "../jinja/values/errors.ts";
import type { Parameter, Parameters } from "../model/action.ts";
import { castText, castWhole, namedType } from "../model/casts.ts";
import { MASK } from "../model/mask.ts";
import { hasTemplate } from "../model/template-names.ts";
import type { Renderer } from "./renderer.ts";

/** The values that templates may refer to, besides the parameters. */
export interface TemplateContext {
  action_context: Record<string, unknown>;
  config_context: Record<string, unknown>;
  /** The part of the configuration that the user's own values may refer to; all of it if undefined. */
  shown_config?: Record<string, unknown>;
}

/**
 * Renders the templates in parameters, each after those that it refers to, and casts the results to their types. Throws with
 * StackStorm's texts for an unknown variable, a circle, and a value that does not fit its type.
 */
export function renderParameters(
  schema: Parameters,
  values: Record<string, unknown>,
  { shown_config, ...context }: TemplateContext,
  renderer: Renderer,
): Record<string, unknown> {
  const templated = Object.keys(values).filter((name) => hasTemplate(values[name]));
  if (templated.length === 0) return values;
  const unset = Object.fromEntries(Object.keys(schema).map((name) => [name, null]));
  // One scope for all parameters, which grows with each: a copy for each would take quadratic time.
  const known = scopeOf({ ...context, ...unset, ...values });
  const shown = shown_config && scopeOf({ ...known, config_context: shown_config });
  for (const name of inOrder(templated, (name) => namesIn(renderer, values[name]))) {
    const scope = shown && isGiven(schema[name], values[name]) ? shown : known;
    try {
      const value = render(renderer, name, schema[name] ?? {}, values[name], scope);
      known[name] = value;
      if (shown && name !== "config_context") shown[name] = value;
    } catch (error) {
      throw namedError(name, namesIn(renderer, values[name]), scope, error);
    }
  }
  const rendered = Object.keys(values).map((name) => [name, known[name]] as const);
  return Object.fromEntries(rendered.filter(([, value]) => value !== null && value !== undefined));
}

/** Values by name, without a prototype: a parameter may have any name. */
function scopeOf(values: Record<string, unknown>): Record<string, unknown> {
  return Object.assign(Object.create(null), values);
}

/** Whether a value is the user's own, and not the default. */
function isGiven({ default: fallback }: Parameter = {}, value: unknown): boolean {
  return JSON.stringify(value) !== JSON.stringify(fallback);
}

/** Names with templates, each after those that its templates refer to: in rounds, each in the given order. */
function inOrder(templated: string[], namesOf: (name: string) => Set<string>): string[] {
  const left = new Map(templated.map((name) => [name, 0]));
  const users = new Map(templated.map((name): [string, string[]] => [name, []]));
  for (const name of templated) {
    for (const used of namesOf(name)) {
      if (!left.has(used)) continue;
      left.set(name, (left.get(name) ?? 0) + 1);
      users.get(used)?.push(name);
    }
  }
  const place = new Map(templated.map((name, at) => [name, at]));
  const order: string[] = [];
  let ready = templated.filter((name) => left.get(name) === 0);
  while (ready.length > 0) {
    order.push(...ready);
    const next: string[] = [];
    for (const user of ready.flatMap((name) => users.get(name) ?? [])) {
      const still = (left.get(user) ?? 0) - 1;
      left.set(user, still);
      if (still === 0) next.push(user);
    }
    ready = next.sort((one, other) => (place.get(one) ?? 0) - (place.get(other) ?? 0));
  }
  if (order.length === templated.length) return order;
  const ordered = new Set(order);
  const names = templated.filter((name) => !ordered.has(name)).sort();
  throw new Error(
    `Cyclic dependency found in the following variables: ${names.join(", ")}. Likely the variable is referencing itself`,
  );
}

function namesIn(renderer: Renderer, value: unknown): Set<string> {
  return new Set(renderer.templatesIn(value).flatMap(({ names }) => [...names]));
}

function render(
  renderer: Renderer,
  name: string,
  parameter: Parameter,
  value: unknown,
  scope: Record<string, unknown>,
): unknown {
  if (typeof value !== "string") return renderInside(renderer, value, scope);
  const wanted = namedType(parameter.type);
  if (wanted === undefined || wanted === "string") return rendering(renderer, "text", value, scope);
  const rendered = rendering(renderer, "value", value, scope);
  return typeof rendered === "string" ? cast(name, parameter, rendered) : castWhole(wanted, rendered);
}

/**
 * StackStorm's rules: a text whose syntax is wrong stays, such as another program's templates. Every variable must exist, even if a filter
 * or a test does not need it.
 */
function rendering(
  renderer: Renderer,
  kind: "text" | "value",
  source: string,
  scope: Record<string, unknown>,
): unknown {
  const rendered = renderedOrSame(renderer, kind, source, scope);
  // A value without a template is unchanged and refers to nothing.
  const names = rendered === source ? [] : namesIn(renderer, source);
  for (const name of names) if (!isKnown(name, scope)) throw new UndefinedError(`${name} is undefined`);
  return rendered;
}

function renderedOrSame(
  renderer: Renderer,
  kind: "text" | "value",
  source: string,
  scope: Record<string, unknown>,
): unknown {
  try {
    return renderer[kind](source, scope);
  } catch (error) {
    if (error instanceof TemplateSyntaxError) return source;
    throw error;
  }
}

function isKnown(name: string, scope: Record<string, unknown>): boolean {
  return name === "st2kv" || Object.hasOwn(scope, name);
}

function cast(name: string, { type, secret }: Parameter, text: string): unknown {
  const wanted = namedType(type);
  const value = castText(wanted, text);
  if (value !== undefined) return value;
  throw new Error(
    `Parameter "${name}" rendered to "${secret ? MASK : text}", which is not of type '${wanted}'`,
  );
}

/** In a list or an object, only `{{name}}` and nothing else keeps the type of its value (StackStorm's rule). */
function renderInside(renderer: Renderer, value: unknown, scope: Record<string, unknown>): unknown {
  if (typeof value === "string") {
    if (!hasTemplate(value)) return value;
    return rendering(renderer, /^\{\{\w+\}\}$/.test(value) ? "value" : "text", value, scope);
  }
  if (Array.isArray(value)) return value.map((item) => renderInside(renderer, item, scope));
  if (!isStructure(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, renderInside(renderer, item, scope)]),
  );
}

function namedError(name: string, names: Set<string>, scope: Record<string, unknown>, error: unknown): Error {
  if (error instanceof UndefinedError) {
    const missing = [...names].find((used) => !isKnown(used, scope));
    if (missing !== undefined) return new Error(`Dependency unsatisfied in variable "${missing}"`);
  }
  return new Error(`Failed to render parameter "${name}": ${messageOf(error)}`);
}
