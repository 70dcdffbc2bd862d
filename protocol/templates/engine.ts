import type { Environment } from "minijinja-js";
import { messageOf } from "../base/failure-text.ts";
import { numberOf } from "../base/numbers.ts";
import type { Steps } from "../base/steps.ts";
import { type ExactOptions, ExactValues } from "./exact-values.ts";
import { type Filter, pythonText } from "./filter.ts";
import { ENGINE_PAGES_MAX, type EngineInstance, type EngineSource } from "./instance.ts";
import { type Template, withFlatKeys } from "./scan.ts";

/** Steps of the template language that one template may take. They end an infinite loop. */
const FUEL = 1_000_000;

/** Steps of the engine's own code that all templates of an execution may take together. A step takes some nanoseconds. */
const ENGINE_STEPS_MAX = 32 * 1024 * 1024;

/** Characters of a rendered template. */
const TEXT_CHARS_MAX = 1024 * 1024;

const PAGES_PER_MIB = 16;

/** The most memory of an instance that is kept for the next template. */
const ENGINE_KEPT_BYTES = 8 * 1024 * 1024;

/** A template that refers to an undefined value. */
export class UndefinedError extends Error {
  override readonly name = "UndefinedError";
}

/** A text that looks like a template but is not one. */
export class TemplateSyntaxError extends Error {
  override readonly name = "TemplateSyntaxError";
}

/** An open environment of one instance. */
interface Opened {
  instance: EngineInstance;
  environment: Environment;
}

/** The sandbox for templates. They see only the given values, and nothing of this process. */
export class Engine {
  readonly #source: EngineSource;
  readonly #filters: Record<string, Filter>;
  readonly #numbers: ExactOptions;
  /** Passes the present template's numbers through the engine. */
  #values: ExactValues;
  #engine_steps = ENGINE_STEPS_MAX;
  #opened: Opened | undefined;
  /** The exception of a filter. It is kept here, because an exception would break the engine. */
  #failure: Error | undefined;
  /** Replaces an undefined value on the way to a filter, which could not distinguish it from none. */
  readonly #undefined = `undefined ${crypto.randomUUID()} `;

  constructor(source: EngineSource, filters: Record<string, Filter>, steps: Steps) {
    this.#source = source;
    this.#numbers = { steps, filters: Object.keys(filters) };
    this.#values = new ExactValues({ parts: [] }, this.#numbers);
    this.#filters = { ...filters, [PYTHON_TEXT]: (value) => pythonText(this.#defined(value)) };
  }

  /** A template's text, with every value as Jinja in Python prints it. */
  text(template: Template, context: Record<string, unknown>): string {
    const values = this.#begin(template, context);
    const source = template.parts.map((part) => {
      if (!("code" in part)) return part.text;
      const code = withFlatKeys(part.code);
      if (part.kind === "block") return part.open + code + part.close;
      const printed = `(${code}) | default(${this.#markOf(part.code)})`;
      if (this.#values.holds_whole) return `${part.open} ${PRINT_WHOLE}(${printed}) ${part.close}`;
      return `${part.open} ${printed} | ${PYTHON_TEXT} ${part.close}`;
    });
    if (this.#values.holds_whole) source.unshift(PRINT_WHOLE_MACRO);
    const text = this.#values.text(this.#rendered(source.join(""), values));
    if (text.length > TEXT_CHARS_MAX) throw new Error(`its text has more than ${TEXT_CHARS_MAX} characters`);
    return text;
  }

  /** The value of an expression; null for Jinja's none. */
  value(code: string, template: Template, context: Record<string, unknown>): unknown {
    const values = this.#begin(template, context);
    const expression = `((${withFlatKeys(code)}) | default(${this.#markOf(code)}))`;
    // The engine returns a whole number beyond JavaScript's only as text.
    if (this.#values.holds_whole && this.#evaluated(`${expression} is integer`, values) === true) {
      return numberOf(this.#rendered(`{{ ${expression} }}`, values));
    }
    return this.#defined(this.#values.outOf(this.#evaluated(expression, values))) ?? null;
  }

  free(): void {
    if (!this.#opened) return;
    const { instance, environment } = this.#opened;
    this.#opened = undefined;
    instance.close(environment, false);
    if (instance.bytes > ENGINE_KEPT_BYTES) this.#source.giveUp(instance);
  }

  #begin(template: Template, context: Record<string, unknown>): Record<string, unknown> {
    this.#values = new ExactValues(template, this.#numbers);
    return Object.fromEntries(
      Object.entries(context).map(([name, value]) => [name, this.#values.into(value)]),
    );
  }

  #rendered(source: string, values: Record<string, unknown>): string {
    return this.#guarded((environment) => environment.renderStr(source, values));
  }

  #evaluated(expression: string, values: Record<string, unknown>): unknown {
    return this.#guarded((environment) => environment.evalExpr(expression, values));
  }

  /** An environment of the present instance: another engine may have broken an earlier instance. */
  #open(): Opened {
    const { instance } = this.#source;
    if (this.#opened?.instance === instance) return this.#opened;
    const environment = instance.open();
    environment.enablePyCompat();
    environment.removeGlobal("debug");
    environment.undefinedBehavior = "strict";
    environment.fuel = FUEL;
    // As in StackStorm.
    environment.trimBlocks = true;
    environment.lstripBlocks = true;
    for (const [name, filter] of Object.entries(this.#filters)) {
      environment.addFilter(name, (...args: unknown[]) => this.#filtered(name, filter, args));
    }
    this.#opened = { instance, environment };
    return this.#opened;
  }

  #filtered(name: string, filter: Filter, args: unknown[]): unknown {
    // The engine continues after a failure; its result is ignored.
    if (this.#failure) return null;
    try {
      return this.#values.into(filter(...args.map((arg) => this.#values.outOf(arg))));
    } catch (error) {
      this.#failure = error instanceof UndefinedError ? error : new Error(`${name}: ${messageOf(error)}`);
      return null;
    }
  }

  #markOf(code: string): string {
    return JSON.stringify(this.#undefined + code.trim());
  }

  /** The value. Throws if it is undefined. */
  #defined(value: unknown): unknown {
    if (typeof value !== "string" || !value.startsWith(this.#undefined)) return value;
    throw new UndefinedError(`${value.slice(this.#undefined.length)} is undefined`);
  }

  #guarded<T>(act: (environment: Environment) => T): T {
    const opened = this.#open();
    const { instance, environment } = opened;
    this.#failure = undefined;
    let value: T;
    try {
      value = instance.run(this.#engine_steps, () => act(environment));
      this.#engine_steps = instance.steps;
    } catch (error) {
      this.#engine_steps = instance.steps;
      throw this.#failure ?? this.#explained(error, opened);
    }
    if (this.#failure) throw this.#failure;
    return value;
  }

  #explained(error: unknown, { instance, environment }: Opened): Error {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    if (name !== "Error") {
      // An instance that stopped halfway is not used again.
      this.#opened = undefined;
      instance.close(environment, true);
      this.#source.giveUp(instance);
      return new Error(this.#trapReason(message));
    }
    const [reason = ""] = message.split("\n");
    const text = reason.replace(/ \(in <(string|expression)>:\d+\)$/, "");
    if (text.startsWith("syntax error")) return new TemplateSyntaxError(text);
    return text.startsWith("undefined value") ? new UndefinedError(text) : new Error(text);
  }

  #trapReason(message: string): string {
    if (this.#engine_steps <= 0) return "it takes more steps than allowed";
    if (message === "unreachable")
      return `it needs more than ${ENGINE_PAGES_MAX / PAGES_PER_MIB} MiB of memory`;
    // The engine's stack is in its memory; the platform's stack has a limit of its own.
    if (/out of bounds|call stack/.test(message)) return "its values are nested too deep";
    return `the engine ended: ${message}`;
  }
}

/** The filter through which every printed value goes. */
const PYTHON_TEXT = "python_text";

/** Prints a value that may be a whole number too large for a filter: then with the engine's own digits. */
const PRINT_WHOLE = "print_whole";
const PRINT_WHOLE_MACRO = `{% macro ${PRINT_WHOLE}(it) %}{% if it is integer %}{{ it }}{% else %}{{ it | ${PYTHON_TEXT} }}{% endif %}{% endmacro +%}`;
