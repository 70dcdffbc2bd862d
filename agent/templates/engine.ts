import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Context, createContext, Script } from "node:vm";
import { AGENT_ROOT } from "../root.ts";
import { type Filter, pythonText } from "./filter.ts";
import { type Template, withFlatKeys } from "./scan.ts";

/** Steps that one template may take: a loop without an end stops here. */
const FUEL = 1_000_000;

/** How long one template may take: a pattern that never comes to a match takes no steps. */
const RENDER_MS_MAX = 1_000;

/** Characters that a template may come to. */
const TEXT_CHARS_MAX = 1024 * 1024;

/** Memory that the engine may keep for the next template. */
const ENGINE_BYTES_MAX = 64 * 1024 * 1024;

type Library = typeof import("minijinja-js") & { __wasm?: { memory: { buffer: ArrayBuffer } } };

const load = createRequire(join(AGENT_ROOT, "templates"));

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
  readonly #environment: InstanceType<Library["Environment"]>;
  readonly #context: Context = createContext({});
  readonly #script = new Script("act()");
  /** What a filter threw: the engine itself ends for good at an exception from outside. */
  #failure: Error | undefined;
  #isBroken = false;

  constructor(filters: Record<string, Filter>) {
    // Loaded when the first template comes: most agents never need its WebAssembly.
    const { Environment } = load("minijinja-js") as Library;
    const environment = new Environment();
    environment.enablePyCompat();
    environment.removeGlobal("debug");
    environment.undefinedBehavior = "strict";
    environment.fuel = FUEL;
    // As StackStorm sets up its own.
    environment.trimBlocks = true;
    environment.lstripBlocks = true;
    for (const [name, filter] of Object.entries<Filter>({ ...filters, [PYTHON_TEXT]: printed })) {
      environment.addFilter(name, (...args: unknown[]) => {
        try {
          return filter(...args.map(plain));
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          this.#failure ??= error instanceof UndefinedError ? error : new Error(`${name}: ${reason}`);
          return null;
        }
      });
    }
    this.#environment = environment;
  }

  /** A template's text, in which every value reads as Jinja in Python prints it. */
  text({ parts }: Template, context: Record<string, unknown>): string {
    const source = parts.map((part) => {
      if (!("code" in part)) return part.text;
      const code = withFlatKeys(part.code);
      if (part.kind === "block") return part.open + code + part.close;
      return `${part.open} (${code}) | default(${undefinedMark(part.code)}) | ${PYTHON_TEXT} ${part.close}`;
    });
    const text = this.#guarded(() => this.#environment.renderStr(source.join(""), context));
    if (text.length > TEXT_CHARS_MAX) throw new Error(`it comes to more than ${TEXT_CHARS_MAX} characters`);
    return text;
  }

  /** The value of an expression; null for none. */
  value(code: string, context: Record<string, unknown>): unknown {
    const expression = `((${withFlatKeys(code)}) | default(${undefinedMark(code)}))`;
    const value = plain(this.#guarded(() => this.#environment.evalExpr(expression, context)));
    refuseUndefined(value);
    return value ?? null;
  }

  free(): void {
    if (!this.#isBroken) this.#environment.free();
    const { __wasm } = load("minijinja-js") as Library;
    if (this.#isBroken || (__wasm?.memory.buffer.byteLength ?? 0) > ENGINE_BYTES_MAX) {
      delete load.cache[load.resolve("minijinja-js")];
    }
  }

  #guarded<T>(act: () => T): T {
    const done: T[] = [];
    this.#failure = undefined;
    this.#context.act = () => void done.push(act());
    try {
      this.#script.runInContext(this.#context, { timeout: RENDER_MS_MAX });
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

/** Stands for an undefined value on the way to a filter, which could not tell it from none. */
const UNDEFINED = `undefined ${randomUUID()} `;

function undefinedMark(code: string): string {
  return JSON.stringify(UNDEFINED + code.trim());
}

function refuseUndefined(value: unknown): void {
  if (typeof value === "string" && value.startsWith(UNDEFINED)) {
    throw new UndefinedError(`${value.slice(UNDEFINED.length)} is undefined`);
  }
}

function printed(value: unknown): string {
  refuseUndefined(value);
  return pythonText(value);
}

/** The engine hands objects out as maps. */
function plain(value: unknown): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
  }
  return Array.isArray(value) ? value.map(plain) : value;
}
