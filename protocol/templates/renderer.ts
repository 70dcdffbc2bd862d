import { STEPS_MAX } from "../base/limits.ts";
import { isStructure } from "../base/numbers.ts";
import { Steps } from "../base/steps.ts";
import { hasTemplate } from "../model/parameters.ts";
import { Engine, TemplateSyntaxError } from "./engine.ts";
import { filtersOf, isNone } from "./filters.ts";
import type { EngineSource } from "./instance.ts";
import { type KeyPath, scanTemplate, type Template, wholeExpression } from "./scan.ts";

export type { KeyPath } from "./scan.ts";

/** Values of the key-value table by their `keyId`. `denied` says why the run may not read a key. */
export type Keys = Map<string, { value: string; secret: boolean; denied?: string }>;

/** Identifies a key among all scopes. */
export function keyId({ scope, name }: KeyPath): string {
  return `${scope} ${name}`;
}

/** Renders the templates of one execution, with one state of the key-value table. */
export class Renderer {
  readonly #keys: Keys;
  readonly #source: EngineSource;
  readonly #opaque = new Map<string, string>();
  /** Steps of all templates of the execution together. */
  readonly #steps = new Steps(STEPS_MAX);
  #engine: Engine | undefined;

  /** The engine starts with the first template, because many runs have none. */
  constructor(keys: Keys, source: EngineSource) {
    this.#keys = keys;
    this.#source = source;
  }

  /** A template's text, or null if it stands for null. A text without a template is returned unchanged. */
  text(source: string, scope: Record<string, unknown>): string | null {
    const text = this.#rendered(source, (template, engine) => {
      const whole = wholeExpression(template);
      const context = this.#context(template, scope);
      // None prints as text, but is no text.
      if (whole !== undefined && engine.value(whole, template, context) === null) return null;
      return engine.text(template, context);
    });
    return isNone(text) ? null : text;
  }

  /** The value of a template that is one expression; the text of any other. */
  value(source: string, scope: Record<string, unknown>): unknown {
    const value = this.#rendered<unknown>(source, (template, engine) => {
      const whole = wholeExpression(template);
      const context = this.#context(template, scope);
      return whole === undefined ? engine.text(template, context) : engine.value(whole, template, context);
    });
    return isNone(value) ? null : value;
  }

  /** The secret, if the text is exactly one sealed secret; else the text itself. */
  open(text: string): string {
    return this.#opaque.get(text) ?? text;
  }

  free(): void {
    this.#engine?.free();
    this.#engine = undefined;
  }

  #rendered<T>(source: string, render: (template: Template, engine: Engine) => T): T | string {
    const template = scanTemplate(source);
    if (!template) return source;
    this.#engine ??= new Engine(
      this.#source,
      { ...filtersOf(this.#steps), decrypt_kv: (value) => this.#decrypt(value) },
      this.#steps,
    );
    try {
      return render(template, this.#engine);
    } catch (error) {
      // StackStorm's rule: a text that is not a template stays, such as another program's template.
      if (error instanceof TemplateSyntaxError) return source;
      throw error;
    }
  }

  #context({ keys }: Template, scope: Record<string, unknown>): Record<string, unknown> {
    const st2kv: Record<string, Record<string, string>> = { system: {}, user: {} };
    for (const key of keys) st2kv[key.scope] = { ...st2kv[key.scope], [key.name]: this.#shown(key) };
    return { st2kv, ...scope };
  }

  /** A key's value. A secret value is opaque until `decrypt_kv` opens it. StackStorm prints nothing for a missing key. */
  #shown(path: KeyPath): string {
    const key = this.#keys.get(keyId(path));
    if (key?.denied !== undefined) throw new Error(key.denied);
    if (!key?.secret) return key?.value ?? "";
    const sealed = `encrypted:${crypto.randomUUID()}`;
    this.#opaque.set(sealed, key.value);
    return sealed;
  }

  #decrypt(sealed: unknown): string {
    const value = this.#opaque.get(String(sealed));
    if (value !== undefined) return value;
    if (sealed === "") throw new Error("the key doesn't exist, or it contains an empty string");
    throw new Error("not an encrypted value of the key-value table");
  }
}

/** The keys of `st2kv` that templates in values read, at any depth, each once. */
export function keysOf(values: unknown): KeyPath[] {
  const paths = templatesIn(values).flatMap(({ keys }) => keys);
  return [...new Map(paths.map((path) => [keyId(path), path])).values()];
}

/** The templates in a value, at any depth. */
export function templatesIn(value: unknown): Template[] {
  if (typeof value === "string") {
    const template = hasTemplate(value) ? scanTemplate(value) : undefined;
    return template ? [template] : [];
  }
  if (!isStructure(value)) return [];
  return Object.values(value).flatMap(templatesIn);
}
