import type { Parameter, Parameters } from "../../protocol/action.ts";
import { MASK } from "../../protocol/mask.ts";
import { hasTemplate } from "../../protocol/parameters.ts";
import { Engine } from "./engine.ts";
import { isNone } from "./filters.ts";

/** What templates may refer to besides the parameters themselves. */
export interface TemplateContext {
  action_context: Record<string, unknown>;
  config_context: Record<string, unknown>;
  /** Values of the key-value table that `keysOf` named. A secret one is opaque until `decrypt_kv` opens it. */
  keys: Map<string, { value: string; secret: boolean }>;
}

/** Rendered values, and the secrets that came to light meanwhile. */
export interface Rendered {
  values: Record<string, unknown>;
  secrets: string[];
}

/** The names of `st2kv.system` that templates in values may mean: `a.b.c` may be a key, or a value's attribute. */
export function keysOf(values: unknown): string[] {
  const text = JSON.stringify(values ?? null);
  const names = new Set<string>();
  for (const [, path = ""] of text.matchAll(/(?:st2kv\.)?system\.([\w.:-]+)/g)) {
    const parts = path.split(".");
    for (let count = 1; count <= parts.length; count++) names.add(parts.slice(0, count).join("."));
  }
  return [...names];
}

/**
 * Renders the templates in parameters, each after those that it refers to, and casts the results to their types. Throws
 * with StackStorm's texts: a variable that is not there, a circle, a value that is not of its type.
 */
export function renderParameters(
  schema: Parameters,
  values: Record<string, unknown>,
  context: TemplateContext,
): Rendered {
  const templated = Object.keys(values).filter((name) => hasTemplate(values[name]));
  if (templated.length === 0) return { values, secrets: [] };
  const secrets: string[] = [];
  const opaque = new Map<string, string>();
  const engine = new Engine({
    decrypt: (value) => {
      const plain = opaque.get(String(value));
      if (plain === undefined) throw new Error("decrypt_kv: not an encrypted value of the key-value table");
      secrets.push(plain);
      return plain;
    },
  });
  try {
    const kv = { system: keyTree(context.keys, opaque) };
    const known: Record<string, unknown> = {
      ...Object.fromEntries(Object.keys(schema).map((name) => [name, null])),
      ...values,
      action_context: context.action_context,
      config_context: context.config_context,
      st2kv: kv,
      system: kv.system,
    };
    for (const name of inOrder(templated, values)) {
      const rendered = renderIn(engine, name, values[name], known);
      known[name] = cast(name, schema[name] ?? {}, rendered);
    }
    const names = Object.keys(values).filter((name) => known[name] !== null && known[name] !== undefined);
    return { values: Object.fromEntries(names.map((name) => [name, known[name]])), secrets };
  } finally {
    engine.free();
  }
}

/** Templated names, each behind those that its templates refer to. */
function inOrder(templated: string[], values: Record<string, unknown>): string[] {
  const waiting = new Map(
    templated.map((name) => {
      const used = identifiers(values[name]);
      return [name, templated.filter((other) => other !== name && used.has(other))];
    }),
  );
  const order: string[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].filter(([, needs]) => needs.every((need) => order.includes(need)));
    if (ready.length === 0) {
      throw new Error(
        `Cyclic dependency found in the following variables: ${[...waiting.keys()].join(", ")}`,
      );
    }
    for (const [name] of ready) {
      order.push(name);
      waiting.delete(name);
    }
  }
  return order;
}

/** The names that stand alone in the templates of a value: not behind a dot, not in quotes. */
function identifiers(value: unknown): Set<string> {
  const names = new Set<string>();
  for (const [template] of JSON.stringify(value).matchAll(/\{[{%][\s\S]*?[}%]\}/g)) {
    const code = template.replace(/\\"(?:(?!\\").)*\\"|'[^']*'/g, "''");
    for (const [, name = ""] of code.matchAll(/(?<![\w.])([A-Za-z_]\w*)/g)) names.add(name);
  }
  return names;
}

function renderIn(engine: Engine, name: string, value: unknown, known: Record<string, unknown>): unknown {
  if (typeof value === "string") {
    if (!hasTemplate(value)) return value;
    try {
      return engine.render(value, known);
    } catch (error) {
      throw namedError(name, value, known, error);
    }
  }
  if (Array.isArray(value)) return value.map((item) => renderIn(engine, name, item, known));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, renderIn(engine, name, item, known)]),
  );
}

function namedError(name: string, template: string, known: Record<string, unknown>, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  if (reason.includes("undefined value")) {
    const missing = [...identifiers(template)].find(
      (used) => !Object.hasOwn(known, used) && !WORDS.has(used),
    );
    return new Error(`Dependency unsatisfied in variable "${missing ?? name}"`);
  }
  return new Error(`Failed to render parameter "${name}": ${reason}`);
}

/** Words of the language that look like names. */
const WORDS = new Set(
  "if else elif endif for endfor in is not and or set endset defined undefined none true false None True False loop range".split(
    " ",
  ),
);

/** A rendered value as its parameter's type has it (StackStorm's casts). */
function cast(name: string, { type, secret }: Parameter, value: unknown): unknown {
  const wanted = Array.isArray(type) ? type.find((one) => one !== "null") : type;
  if (value === null || isNone(value)) return null;
  if (wanted === "string" || wanted === undefined)
    return wanted && typeof value !== "string" ? text(value) : value;
  if (typeof value !== "string") return value;
  const castValue = castText(wanted, value);
  if (castValue === undefined) {
    const shown = secret ? MASK : value;
    throw new Error(`Parameter "${name}" rendered to "${shown}", which is not of type '${wanted}'`);
  }
  return castValue;
}

function castText(wanted: string, value: string): unknown {
  switch (wanted) {
    case "integer":
      return /^\s*-?\d+\s*$/.test(value) ? Number(value) : undefined;
    case "number":
      return value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : undefined;
    case "boolean":
      if (/^(true|1|yes|y|on)$/i.test(value.trim())) return true;
      return /^(false|0|no|n|off|)$/i.test(value.trim()) ? false : undefined;
    case "array":
    case "object":
      return structure(wanted, value);
    default:
      return value;
  }
}

/** JSON, or the way in which Python prints the same. */
function structure(wanted: string, value: string): unknown {
  for (const json of [value, fromPython(value)]) {
    try {
      const parsed: unknown = JSON.parse(json);
      if (Array.isArray(parsed) === (wanted === "array") && typeof parsed === "object") return parsed;
    } catch {
      // The other way of writing is tried next.
    }
  }
  return wanted === "array" ? value.split(",").map((item) => item.trim()) : undefined;
}

function fromPython(text: string): string {
  return text
    .replace(/'((?:[^'\\]|\\.)*)'/g, (_, inner: string) => JSON.stringify(inner.replaceAll("\\'", "'")))
    .replace(/\bTrue\b/g, "true")
    .replace(/\bFalse\b/g, "false")
    .replace(/\bNone\b/g, "null");
}

function text(value: unknown): string {
  return typeof value === "object"
    ? JSON.stringify(value)
    : String(value === true ? "True" : value === false ? "False" : value);
}

/** The key-value table as templates walk it: `a.b` is a key's name, or a path. */
function keyTree(keys: TemplateContext["keys"], opaque: Map<string, string>): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const [name, { value, secret }] of keys) {
    let shown = value;
    if (secret) {
      shown = `encrypted:${opaque.size}:${crypto.randomUUID()}`;
      opaque.set(shown, value);
    }
    const path = name.split(".");
    const last = path.pop() ?? name;
    let at = tree;
    for (const part of path) {
      if (typeof at[part] !== "object") at[part] = {};
      at = at[part] as Record<string, unknown>;
    }
    at[last] = shown;
  }
  return tree;
}
