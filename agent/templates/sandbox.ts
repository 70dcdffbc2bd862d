import { createRequire } from "node:module";
import { join } from "node:path";
import { type Context, createContext, Script } from "node:vm";
import { ENGINE_BYTES_MAX, RENDER_MS_MAX, type Sandbox } from "../../protocol/templates/engine.ts";
import { AGENT_ROOT } from "../root.ts";

type Library = typeof import("minijinja-js") & { __wasm?: { memory: { buffer: ArrayBuffer } } };

const load = createRequire(join(AGENT_ROOT, "templates"));
const script = new Script("act()");
let context: Context | undefined;

/** Evaluates templates in Node: a script's time can be limited there, and an engine that broke is loaded anew. */
export const SANDBOX: Sandbox = {
  // Loaded when the first template comes: most agents never need its WebAssembly.
  environment: () => new (load("minijinja-js") as Library).Environment(),
  run: (act) => {
    context ??= createContext({});
    context.act = act;
    script.runInContext(context, { timeout: RENDER_MS_MAX });
  },
  release: (environment, broken) => {
    if (!broken) environment.free();
    const { __wasm } = load("minijinja-js") as Library;
    if (broken || (__wasm?.memory.buffer.byteLength ?? 0) > ENGINE_BYTES_MAX) {
      delete load.cache[load.resolve("minijinja-js")];
    }
  },
};
