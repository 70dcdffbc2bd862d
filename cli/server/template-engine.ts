import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { engineModule } from "../../protocol/templates/instance.ts";
import { glueBody } from "../../protocol/templates/module/glue.ts";

/** The path from which the Worker imports its engine. */
const FOLDER = resolve(import.meta.dirname, "../../src/templates/generated");

const LIBRARY = "minijinja-js/dist/bundler/minijinja_js_bg";

/**
 * Makes the Worker's template engine of the library's: its WebAssembly gets bounds, and its glue becomes a function, so that
 * each instance has glue of its own. A Worker compiles no WebAssembly itself, so this is done before it is bundled.
 */
export function buildTemplateEngine(): void {
  const { resolve: find } = createRequire(import.meta.url);
  mkdirSync(FOLDER, { recursive: true });
  const module = engineModule(readFileSync(find(`${LIBRARY}.wasm`)));
  put("engine.wasm", Buffer.from(module));
  const glue = glueBody(readFileSync(find(`${LIBRARY}.js`), "utf8"));
  put("glue.js", Buffer.from(`export function makeGlue() {\n${glue}}\n`));
}

/** Puts a whole file in place, because several servers may start at once; an existing file stays. */
function put(name: string, content: Buffer): void {
  const file = join(FOLDER, name);
  if (existsSync(file) && readFileSync(file).equals(content)) return;
  const part = `${file}.${process.pid}.part`;
  writeFileSync(part, content);
  renameSync(part, file);
}

if (import.meta.main) buildTemplateEngine();
