import type { Environment } from "minijinja-js";
import type { Steps } from "../steps.ts";
import { type Filter, pythonText } from "./filter.ts";
import { type Template, withFlatKeys } from "./scan.ts";

/** Steps that one template may take: a loop without an end stops here. */
const FUEL = 1_000_000;

/** How long one template may take, where a runtime can stop it: a pattern that never comes to a match takes no steps. */
export const RENDER_MS_MAX = 1_000;

/** Characters that a template may come to. */
const TEXT_CHARS_MAX = 1024 * 1024;

/** Memory that the engine may keep for the next template. */
export const ENGINE_BYTES_MAX = 64 * 1024 * 1024;

/** How a runtime evaluates templates: where its engine comes from, and what stops a template that does not end. */
export interface Sandbox {
  environment: () => Environment;
  /** Runs it to its end, or throws. */
  run: (act: () => void) => void;
  /** Takes an environment back; one that was stopped halfway is broken, and so is its engine. */
  release: (environment: Environment, broken: boolean) => void;
}

/** A template that refers to what is not there. */
export class UndefinedError extends Error {
  override readonly name = "UndefinedError";
}

/** A text that looks like a template and is none. */
export class TemplateSyntaxError extends Error {
  override readonly name = "TemplateSyntaxError";
}

/** The sandbox that templates are evaluated in: they see the values they are given, and nothing of this process. */
export class Engine {
  readonly #sandbox: Sandbox;
  readonly #environment: Environment;
  readonly #steps: Steps;
  /** What a filter threw: the engine itself ends for good at an exception from outside. */
  #failure: Error | undefined;
  #isBroken = false;
  /** Stands for an undefined value on the way to a filter, which could not tell it from none. */
  readonly #undefined = `undefined ${crypto.randomUUID()} `;

  constructor(sandbox: Sandbox, filters: Record<string, Filter>, steps: Steps) {
    const environment = sandbox.environment();
    environment.enablePyCompat();
    environment.removeGlobal("debug");
    environment.undefinedBehavior = "strict";
    environment.fuel = FUEL;
    // As StackStorm sets up its own.
    environment.trimBlocks = true;
    environment.lstripBlocks = true;
    for (const [name, filter] of Object.entries<Filter>({
      ...filters,
      [PYTHON_TEXT]: (value) => pythonText(this.#defined(value)),
    })) {
      environment.addFilter(name, (...args: unknown[]) => {
        // The engine goes on after a failure, and what it comes to is not looked at.
        if (this.#failure) return null;
        try {
          return filter(...args.map((arg) => plain(arg, steps)));
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          this.#failure ??= error instanceof UndefinedError ? error : new Error(`${name}: ${reason}`);
          return null;
        }
      });
    }
    this.#sandbox = sandbox;
    this.#steps = steps;
    this.#environment = environment;
  }

  /** A template's text, in which every value reads as Jinja in Python prints it. */
  text({ parts }: Template, context: Record<string, unknown>): string {
    const source = parts.map((part) => {
      if (!("code" in part)) return part.text;
      const code = withFlatKeys(part.code);
      if (part.kind === "block") return part.open + code + part.close;
      return `${part.open} (${code}) | default(${this.#markOf(part.code)}) | ${PYTHON_TEXT} ${part.close}`;
    });
    const text = this.#guarded(() => this.#environment.renderStr(source.join(""), context));
    if (text.length > TEXT_CHARS_MAX) throw new Error(`it comes to more than ${TEXT_CHARS_MAX} characters`);
    return text;
  }

  /** The value of an expression; null for none. */
  value(code: string, context: Record<string, unknown>): unknown {
    const expression = `((${withFlatKeys(code)}) | default(${this.#markOf(code)}))`;
    const value = plain(
      this.#guarded(() => this.#environment.evalExpr(expression, context)),
      this.#steps,
    );
    return this.#defined(value) ?? null;
  }

  free(): void {
    this.#sandbox.release(this.#environment, this.#isBroken);
  }

  #markOf(code: string): string {
    return JSON.stringify(this.#undefined + code.trim());
  }

  /** The value, which the engine may not know. */
  #defined(value: unknown): unknown {
    if (typeof value !== "string" || !value.startsWith(this.#undefined)) return value;
    throw new UndefinedError(`${value.slice(this.#undefined.length)} is undefined`);
  }

  #guarded<T>(act: () => T): T {
    const done: T[] = [];
    this.#failure = undefined;
    try {
      this.#sandbox.run(() => void done.push(act()));
    } catch (error) {
      throw this.#failure ?? this.#explained(error);
    }
    if (this.#failure) throw this.#failure;
    return done[0] as T;
  }

  #explained(error: unknown): Error {
    // An error from within the context is of another realm, and no instance of our Error.
    const { code, name, message } = error as { code?: string; name?: string; message?: string };
    if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT")
      return this.#broken(`it takes longer than ${RENDER_MS_MAX} ms`);
    if (name !== "Error" || message === undefined) return this.#broken(`the engine ended: ${message}`);
    const [reason = ""] = message.split("\n");
    const text = reason.replace(/ \(in <(string|expression)>:\d+\)$/, "");
    if (text.startsWith("syntax error")) return new TemplateSyntaxError(text);
    return text.startsWith("undefined value") ? new UndefinedError(text) : new Error(text);
  }

  /** What was stopped halfway cannot be trusted with another template. */
  #broken(text: string): Error {
    this.#isBroken = true;
    return new Error(text);
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
