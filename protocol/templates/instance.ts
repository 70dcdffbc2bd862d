import type { Environment } from "minijinja-js";
import { boundedModule, STEPS_EXPORT } from "./module/bounded.ts";

/** The most memory of the engine, in pages of 64 KiB. */
export const ENGINE_PAGES_MAX = 1_024;

/** The library's functions around its WebAssembly. They belong to one instance (`glueBody`). */
export interface Glue {
  Environment: {
    new (): Environment;
    /** Releases the environment without freeing it. */
    prototype: { __destroy_into_raw: (this: Environment) => number };
  };
  __wbg_set_wasm: (exports: WebAssembly.Exports) => void;
  /** Makes a text from the engine's memory, by its place and its number of bytes. */
  __wbindgen_string_new: (at: number, bytes: number) => unknown;
}

/** The name under which the library's module imports its glue. */
const GLUE = "./minijinja_js_bg.js";

/** Bytes of text that the engine gives to JavaScript for one step: each use of a text makes a new copy. */
const STEP_BYTES = 2;

/** Steps for work outside of templates: more than it needs. */
const STEPS_AT_LEAST = 0x7fff_ffff;

/** The library's module, with bounds. */
export function engineModule(library: Uint8Array): Uint8Array<ArrayBuffer> {
  return boundedModule(library, ENGINE_PAGES_MAX);
}

/** The same, compiled: for runtimes that permit it. */
export function compiledModule(library: Uint8Array): WebAssembly.Module {
  return new WebAssembly.Module(engineModule(library));
}

/** One instance of the engine, over a module with bounds. */
export class EngineInstance {
  readonly #glue: Glue;
  readonly #memory: WebAssembly.Memory;
  readonly #steps: WebAssembly.Global;

  constructor(module: WebAssembly.Module, glue: Glue) {
    // Its log would contain texts of templates. A trap says enough.
    const quiet = Object.entries(glue).map(([name, value]) =>
      name.startsWith("__wbg_error_") ? ([name, () => undefined] as const) : ([name, value] as const),
    );
    const imports = {
      ...Object.fromEntries(quiet),
      __wbindgen_string_new: (at: number, bytes: number) => this.#newText(at, bytes),
    };
    const { exports } = new WebAssembly.Instance(module, { [GLUE]: imports });
    glue.__wbg_set_wasm(exports);
    this.#glue = glue;
    this.#memory = exports.memory as WebAssembly.Memory;
    this.#steps = exports[STEPS_EXPORT] as WebAssembly.Global;
  }

  /** The steps that are left. Without steps, the engine traps. */
  get steps(): number {
    return this.#steps.value;
  }

  /** A text for JavaScript. If too few steps are left, it is empty, and the engine then traps. */
  #newText(at: number, bytes: number): unknown {
    const left = this.#steps.value - Math.ceil(bytes / STEP_BYTES);
    this.#steps.value = Math.max(left, 0);
    return this.#glue.__wbindgen_string_new(at, left < 0 ? 0 : bytes);
  }

  /** Bytes of its memory, which never shrinks. */
  get bytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** An environment for templates, until `close`. */
  open(): Environment {
    this.#steps.value = STEPS_AT_LEAST;
    return new this.#glue.Environment();
  }

  /** Runs a template's work in the engine, with a number of steps. */
  run<T>(steps: number, act: () => T): T {
    this.#steps.value = steps;
    return act();
  }

  /** Frees an environment, unless the engine stopped halfway: such an instance is not used again. */
  close(environment: Environment, is_broken: boolean): void {
    this.#steps.value = STEPS_AT_LEAST;
    if (!is_broken) {
      environment.free();
      return;
    }
    this.#glue.Environment.prototype.__destroy_into_raw.call(environment);
  }
}

/** The source of a runtime's engine: one instance for all templates, until it is dropped. */
export class EngineSource {
  readonly #start: () => EngineInstance;
  #instance: EngineInstance | undefined;
  /** The number of dropped instances. */
  given_up = 0;

  constructor(start: () => EngineInstance) {
    this.#start = start;
  }

  /** Created with the first template: many runs have none. */
  get instance(): EngineInstance {
    this.#instance ??= this.#start();
    return this.#instance;
  }

  /** Drops an instance that has trapped or grown: the next template gets a new one. */
  giveUp(instance: EngineInstance): void {
    if (this.#instance !== instance) return;
    this.#instance = undefined;
    this.given_up++;
  }
}
