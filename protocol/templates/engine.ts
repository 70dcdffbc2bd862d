import type { Environment } from "minijinja-js";
import type { Steps } from "../steps.ts";
import { type Filter, pythonText } from "./filter.ts";
import { ENGINE_PAGES_MAX, type EngineInstance, type EngineSource } from "./instance.ts";
import { type Template, withFlatKeys } from "./scan.ts";

/** Steps of its language that one template may take: a loop without an end stops here. */
const FUEL = 1_000_000;

/** Steps of the engine's own code that all templates of an execution may take together, of some nanoseconds each. */
const ENGINE_STEPS_MAX = 32 * 1024 * 1024;

/** Characters that a template may come to. */
const TEXT_CHARS_MAX = 1024 * 1024;

const PAGES_PER_MIB = 16;

/** Memory that the engine may keep for the next template. */
const ENGINE_KEPT_BYTES = 8 * 1024 * 1024;

/** A template that refers to what is not there. */
export class UndefinedError extends Error {
  override readonly name = "UndefinedError";
}

/** A text that looks like a template and is none. */
export class TemplateSyntaxError extends Error {
  override readonly name = "TemplateSyntaxError";
}

/** What an engine has open: an environment of one instance. */
interface Opened {
  instance: EngineInstance;
  environment: Environment;
}

/** The sandbox that templates are evaluated in: they see the values they are given, and nothing of this process. */
export class Engine {
  readonly #source: EngineSource;
  readonly #filters: Record<string, Filter>;
  readonly #steps: Steps;
  #engine_steps = ENGINE_STEPS_MAX;
  #opened: Opened | undefined;
  /** What a filter threw: the engine itself ends for good at an exception from outside. */
  #failure: Error | undefined;
  /** Stands for an undefined value on the way to a filter, which could not tell it from none. */
  readonly #undefined = `undefined ${crypto.randomUUID()} `;

  constructor(source: EngineSource, filters: Record<string, Filter>, steps: Steps) {
    this.#source = source;
    this.#steps = steps;
    this.#filters = { ...filters, [PYTHON_TEXT]: (value) => pythonText(this.#defined(value)) };
  }

  /** A template's text, in which every value reads as Jinja in Python prints it. */
  text({ parts }: Template, context: Record<string, unknown>): string {
    const source = parts.map((part) => {
      if (!("code" in part)) return part.text;
      const code = withFlatKeys(part.code);
      if (part.kind === "block") return part.open + code + part.close;
      return `${part.open} (${code}) | default(${this.#markOf(part.code)}) | ${PYTHON_TEXT} ${part.close}`;
    });
    const text = this.#guarded((environment) => environment.renderStr(source.join(""), context));
    if (text.length > TEXT_CHARS_MAX) throw new Error(`it comes to more than ${TEXT_CHARS_MAX} characters`);
    return text;
  }

  /** The value of an expression; null for none. */
  value(code: string, context: Record<string, unknown>): unknown {
    const expression = `((${withFlatKeys(code)}) | default(${this.#markOf(code)}))`;
    const value = plain(
      this.#guarded((environment) => environment.evalExpr(expression, context)),
      this.#steps,
    );
    return this.#defined(value) ?? null;
  }

  free(): void {
    if (!this.#opened) return;
    const { instance, environment } = this.#opened;
    this.#opened = undefined;
    instance.close(environment, false);
    if (instance.bytes > ENGINE_KEPT_BYTES) this.#source.giveUp(instance);
  }

  /** An environment of the instance that there is now: another engine may have broken the one before. */
  #open(): Opened {
    const { instance } = this.#source;
    if (this.#opened?.instance === instance) return this.#opened;
    const environment = instance.open();
    environment.enablePyCompat();
    environment.removeGlobal("debug");
    environment.undefinedBehavior = "strict";
    environment.fuel = FUEL;
    // As StackStorm sets up its own.
    environment.trimBlocks = true;
    environment.lstripBlocks = true;
    for (const [name, filter] of Object.entries(this.#filters)) {
      environment.addFilter(name, (...args: unknown[]) => this.#filtered(name, filter, args));
    }
    this.#opened = { instance, environment };
    return this.#opened;
  }

  #filtered(name: string, filter: Filter, args: unknown[]): unknown {
    // The engine goes on after a failure, and what it comes to is not looked at.
    if (this.#failure) return null;
    try {
      return filter(...args.map((arg) => plain(arg, this.#steps)));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#failure = error instanceof UndefinedError ? error : new Error(`${name}: ${reason}`);
      return null;
    }
  }

  #markOf(code: string): string {
    return JSON.stringify(this.#undefined + code.trim());
  }

  /** The value, which the engine may not know. */
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
      // What was stopped halfway cannot be trusted with another template.
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
    // The engine's stack lies in its memory, and the platform's has its own end.
    if (/out of bounds|call stack/.test(message)) return "it nests values too deep";
    return `the engine ended: ${message}`;
  }
}

/** The filter through which every printed value goes. */
const PYTHON_TEXT = "python_text";

/** The engine hands objects out as maps. What it hands out is counted: whoever gets it reads it at least once. */
function plain(value: unknown, steps: Steps): unknown {
  steps.spend(typeof value === "string" ? 1 + value.length / STEP_CHARS : 1);
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item, steps)]));
  }
  return Array.isArray(value) ? value.map((item) => plain(item, steps)) : value;
}

/** Characters that are read in the time of a step. */
const STEP_CHARS = 4;
