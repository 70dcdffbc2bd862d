import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { compileFunction } from "node:vm";
import {
  compiledModule,
  EngineInstance,
  EngineSource,
  type Glue,
} from "../../protocol/templates/instance.ts";
import { glueBody } from "../../protocol/templates/module/glue.ts";
import { AGENT_ROOT } from "../base/root.ts";

const LIBRARY = "minijinja-js/dist/bundler/minijinja_js_bg";

/** The compiled module and the glue of all instances. */
let made: { module: ReturnType<typeof compiledModule>; makeGlue: () => Glue } | undefined;

/** The template engine of this thread. */
export const ENGINE = new EngineSource(() => {
  made ??= make();
  return new EngineInstance(made.module, made.makeGlue());
});

function make() {
  const { resolve } = createRequire(join(AGENT_ROOT, "templates"));
  const module = compiledModule(readFileSync(resolve(`${LIBRARY}.wasm`)));
  const glue = glueBody(readFileSync(resolve(`${LIBRARY}.js`), "utf8"));
  return { module, makeGlue: compileFunction(glue) as () => Glue };
}
