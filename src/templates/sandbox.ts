import * as glue from "minijinja-js/dist/bundler/minijinja_js_bg.js";
import wasm from "minijinja-js/dist/bundler/minijinja_js_bg.wasm";
import { ENGINE_BYTES_MAX, type Sandbox } from "../../protocol/templates/engine.ts";

type Exports = WebAssembly.Exports & { memory: WebAssembly.Memory };

let engine: Exports | undefined;

/**
 * Evaluates templates in a Worker, where the engine's own steps are what bounds them. Whoever takes an environment gives it
 * back before anything is awaited: the engine may be another one after that.
 */
export const SANDBOX: Sandbox = {
  environment: () => {
    engine ??= start();
    return new glue.Environment();
  },
  run: (act) => act(),
  release: (environment, broken) => {
    if (broken) glue.Environment.prototype.__destroy_into_raw.call(environment);
    else environment.free();
    if (!engine || !(broken || engine.memory.buffer.byteLength > ENGINE_BYTES_MAX)) return;
    // To grow detaches the buffer, by which the glue knows that its views of this memory are void.
    engine.memory.grow(0);
    engine = undefined;
  },
};

function start(): Exports {
  const instance = new WebAssembly.Instance(wasm, { "./minijinja_js_bg.js": glue });
  glue.__wbg_set_wasm(instance.exports);
  return instance.exports as Exports;
}
