import { STEPS_MAX } from "../base/limits.ts";
import { isStructure } from "../base/numbers.ts";
import { Steps } from "../base/steps.ts";
import { Template } from "../jinja/run/template.ts";
import { Budget } from "../jinja/values/budget.ts";
import { TemplateError, TemplateSyntaxError } from "../jinja/values/errors.ts";
import { fromJson, toJson } from "../jinja/values/exchange.ts";
import { textOf } from "../jinja/values/print.ts";
import { type Native, native } from "../jinja/values/run.ts";
import { Dict, type Value } from "../jinja/values/values.ts";
import { hasTemplate } from "../model/template-names.ts";
import { filtersOf, isNone } from "./filters.ts";
import { type KeyPath, keyId, keyOf, keysIn } from "./keys.ts";

/** Values of the key-value table by their `keyId`. `denied` says why the run may not read a key. */
export type Keys = Map<string, { value: string; secret: boolean; denied?: string }>;

/**
 * Renders the templates of one execution, with one state of the key-value table. Its steps are for all of them together, those of
 * reading their syntax included.
 */
export class Renderer {
  readonly #keys: Keys;
  readonly #opaque = new Map<string, string>();
  readonly #steps = new Steps(STEPS_MAX);
  readonly #budget = new Budget(this.#steps);
  /** The templates that have been read, by their texts; an error for one whose syntax is wrong. */
  readonly #read = new Map<string, Template | TemplateSyntaxError>();
  readonly #filters: Record<string, Native>;

  constructor(keys: Keys) {
    this.#keys = keys;
    this.#filters = {
      ...filtersOf(this.#steps),
      decrypt_kv: native("decrypt_kv", "value", ({ budget }, value: Value) =>
        this.#decrypt(textOf(value, budget)),
      ),
    };
  }

  /**
   * A template's text, or null if it stands for null. A text without the marks of a template is returned unchanged. Throws a
   * `TemplateSyntaxError` for one whose syntax is wrong.
   */
  text(source: string, scope: Record<string, unknown>): string | null {
    if (!hasTemplate(source)) return source;
    const { text, value } = this.#render(source, scope);
    // None is no text, though it prints as one.
    return value === null || isNone(text) ? null : text;
  }

  /** The value of a template that is one expression; the text of any other. Throws as `text` does. */
  value(source: string, scope: Record<string, unknown>): unknown {
    if (!hasTemplate(source)) return source;
    const { text, value } = this.#render(source, scope);
    const rendered = value === undefined ? text : toJson(value, this.#budget);
    return isNone(rendered) ? null : rendered;
  }

  /** The secret, if the text is exactly one sealed secret; else the text itself. */
  open(text: string): string {
    return this.#opaque.get(text) ?? text;
  }

  /** The templates in a value, at any depth. */
  templatesIn(value: unknown): Template[] {
    return templatesWith(value, (source) => this.#template(source));
  }

  /** A text's template. It is read once, however often it is rendered. */
  #template(source: string): Template {
    const known = this.#read.get(source) ?? readTemplate(source, this.#steps);
    this.#read.set(source, known);
    if (known instanceof Template) return known;
    throw known;
  }

  #render(source: string, scope: Record<string, unknown>) {
    const template = this.#template(source);
    return template.render(this.#surroundings(template, scope));
  }

  #surroundings(template: Template, scope: Record<string, unknown>) {
    const values: Record<string, Value> = {
      st2kv: new Dict([
        ["system", new Dict()],
        ["user", new Dict()],
      ]),
    };
    for (const name of template.names) {
      if (Object.hasOwn(scope, name)) values[name] = fromJson(scope[name], this.#budget);
    }
    const keys = new Map(keysIn(template.statements).map((key) => [keyId(key), this.#shown(key)]));
    return {
      values,
      filters: this.#filters,
      budget: this.#budget,
      known: (expression: Parameters<typeof keyOf>[0]) => {
        const key = keyOf(expression);
        return key && keys.get(keyId(key));
      },
    };
  }

  /** A key's value. A secret value is opaque until `decrypt_kv` opens it. StackStorm prints nothing for a missing key. */
  #shown(path: KeyPath): string {
    const key = this.#keys.get(keyId(path));
    if (key?.denied !== undefined) throw new TemplateError(key.denied);
    if (!key?.secret) return key?.value ?? "";
    const sealed = `encrypted:${crypto.randomUUID()}`;
    this.#opaque.set(sealed, key.value);
    return sealed;
  }

  #decrypt(sealed: string): string {
    const value = this.#opaque.get(sealed);
    if (value !== undefined) return value;
    if (sealed === "") {
      throw new TemplateError("decrypt_kv: the key doesn't exist, or it contains an empty string");
    }
    throw new TemplateError("decrypt_kv: not an encrypted value of the key-value table");
  }
}

function readTemplate(source: string, steps: Steps): Template | TemplateSyntaxError {
  try {
    return new Template(source, steps);
  } catch (error) {
    if (error instanceof TemplateSyntaxError) return error;
    throw error;
  }
}

/** The keys of `st2kv` that templates in values read, at any depth, each once. */
export function keysOf(values: unknown): KeyPath[] {
  const paths = templatesIn(values).flatMap(({ statements }) => keysIn(statements));
  return [...new Map(paths.map((path) => [keyId(path), path])).values()];
}

/** The templates in a value, at any depth. Together they may cost as many steps as one execution's. */
export function templatesIn(value: unknown): Template[] {
  const steps = new Steps(STEPS_MAX);
  return templatesWith(value, (source) => new Template(source, steps));
}

/** A text whose syntax is wrong is no template. */
function templatesWith(value: unknown, read: (source: string) => Template): Template[] {
  if (typeof value === "string") {
    if (!hasTemplate(value)) return [];
    try {
      return [read(value)];
    } catch (error) {
      if (error instanceof TemplateSyntaxError) return [];
      throw error;
    }
  }
  if (!isStructure(value)) return [];
  return Object.values(value).flatMap((item) => templatesWith(item, read));
}
