import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { engineModule } from "../../protocol/templates/instance.ts";
import { glueBody } from "../../protocol/templates/module/glue.ts";
import { type Build, buildOnce, ROOT } from "./build-cache.ts";

/** The path from which the Worker imports its engine. */
const FOLDER = join(ROOT, "src/templates/generated");

const LIBRARY = "minijinja-js/dist/bundler/minijinja_js_bg";

/** The code that changes the library. */
const TEMPLATES = join(ROOT, "protocol/templates");
const MAKERS = [
  "instance.ts",
  ...readdirSync(join(TEMPLATES, "module")).map((name) => join("module", name)),
].map((name) => join(TEMPLATES, name));

/**
 * Builds the Worker's template engine from the library: adds bounds to its WebAssembly, and makes its glue a function, so that
 * each instance has its own. A Worker may not compile WebAssembly, so this happens before the Worker is bundled.
 */
export async function buildTemplateEngine(): Promise<void> {
  const { wasm, glue }: Engine = JSON.parse(await buildOnce("template-engine", makeEngine));
  mkdirSync(FOLDER, { recursive: true });
  put("engine.wasm", Buffer.from(wasm, "base64"));
  put("glue.js", Buffer.from(glue));
}

/** The two files; the WebAssembly in base64. */
interface Engine {
  wasm: string;
  glue: string;
}

async function makeEngine(): Promise<Build> {
  const { resolve: find } = createRequire(import.meta.url);
  const library = [find(`${LIBRARY}.wasm`), find(`${LIBRARY}.js`)] as const;
  const wasm = Buffer.from(engineModule(readFileSync(library[0]))).toString("base64");
  const glue = `export function makeGlue() {\n${glueBody(readFileSync(library[1], "utf8"))}}\n`;
  const made: Engine = { wasm, glue };
  const inputs = [...library, ...MAKERS, import.meta.filename].map((file) => relative(ROOT, file));
  return { text: JSON.stringify(made), inputs };
}

/** Renames a whole file into place, because several servers may start at once. An equal file stays. */
function put(name: string, content: Buffer): void {
  const file = join(FOLDER, name);
  if (existsSync(file) && readFileSync(file).equals(content)) return;
  const part = `${file}.${process.pid}.part`;
  writeFileSync(part, content);
  renameSync(part, file);
}

if (import.meta.main) await buildTemplateEngine();
