import type { Environment } from "minijinja-js";
import { boundedModule, STEPS_EXPORT } from "./module/bounded.ts";

/** Memory that the engine may have, in pages of 64 KiB. */
export const ENGINE_PAGES_MAX = 1_024;

/** The library's functions around its WebAssembly, which know one instance of it (`glueBody`). */
export interface Glue {
  Environment: {
    new (): Environment;
    /** Forgets the place of the environment, and that it must be freed. */
    prototype: { __destroy_into_raw: (this: Environment) => number };
  };
  __wbg_set_wasm: (exports: WebAssembly.Exports) => void;
  /** Makes a text from the engine's memory, by its place and its number of bytes. */
  __wbindgen_string_new: (at: number, bytes: number) => unknown;
}

/** The name under which the library's module imports its glue. */
const GLUE = "./minijinja_js_bg.js";

/** Bytes of a text that is handed out for one step: each value that refers to a text makes it anew. */
const STEP_BYTES = 2;

/** Steps for all work that is not a template's; more than it needs. */
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
    // Its log would hold texts of templates, and a trap says enough.
    const quiet = Object.entries(glue).map(([name, value]) =>
      name.startsWith("__wbg_error_") ? ([name, () => undefined] as const) : ([name, value] as const),
    );
    const imports = {
      ...Object.fromEntries(quiet),
      __wbindgen_string_new: (at: number, bytes: number) => this.#handOut(at, bytes),
    };
    const { exports } = new WebAssembly.Instance(module, { [GLUE]: imports });
    glue.__wbg_set_wasm(exports);
    this.#glue = glue;
    this.#memory = exports.memory as WebAssembly.Memory;
    this.#steps = exports[STEPS_EXPORT] as WebAssembly.Global;
  }

  /** Steps that the engine may still take; without steps it traps. */
  get steps(): number {
    return this.#steps.value;
  }

  /** A text for JavaScript; none where the steps do not suffice, of which the engine traps then. */
  #handOut(at: number, bytes: number): unknown {
    const left = this.#steps.value - Math.ceil(bytes / STEP_BYTES);
    this.#steps.value = Math.max(left, 0);
    return this.#glue.__wbindgen_string_new(at, left < 0 ? 0 : bytes);
  }

  /** Bytes of its memory, which never gives any back. */
  get bytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** An environment for templates; `close` gives it back. */
  open(): Environment {
    this.#steps.value = STEPS_AT_LEAST;
    return new this.#glue.Environment();
  }

  /** Runs a template's work in the engine, with so many steps. */
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
