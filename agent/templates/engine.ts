import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as glue from "minijinja-js/dist/bundler/minijinja_js_bg.js";
import { compiledModule, EngineInstance, EngineSource } from "../../protocol/templates/instance.ts";
import { AGENT_ROOT } from "../root.ts";

let module: ReturnType<typeof compiledModule> | undefined;

/** The template engine of this thread. One that gave an instance up is ended: the glue still holds what that one held. */
export const ENGINE = new EngineSource(() => {
  module ??= compiledModule(readFileSync(moduleFile()));
  return new EngineInstance(module, glue);
});

function moduleFile(): string {
  const { resolve } = createRequire(join(AGENT_ROOT, "templates"));
  return resolve("minijinja-js/dist/bundler/minijinja_js_bg.wasm");
}
