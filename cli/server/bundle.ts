import { readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { type Build, buildOnce, ROOT } from "./build-cache.ts";

/** A module of the Worker, as the engine takes it. */
export type WorkerModule =
  | { type: "ESModule"; path: string; contents: string }
  | { type: "CompiledWasm"; path: string; contents: Uint8Array<ArrayBuffer> };

/** The Worker as wrangler would bundle it: one script first, then the WebAssembly that it imports. */
export async function bundleWorker(entry: string): Promise<WorkerModule[]> {
  const name = relative(ROOT, entry).replaceAll("/", "-");
  const kept = await buildOnce(name, () => bundle(entry));
  const end = kept.indexOf("\n");
  const wasm: string[] = JSON.parse(kept.slice(0, end));
  const modules = wasm.map((file): WorkerModule => {
    const contents = new Uint8Array(readFileSync(join(ROOT, file)));
    return { type: "CompiledWasm", path: basename(file), contents };
  });
  return [{ type: "ESModule", path: "worker.js", contents: kept.slice(end + 1) }, ...modules];
}

/** A line that names the files of the WebAssembly, then the script. */
async function bundle(entry: string): Promise<Build> {
  const found = new Set<string>();
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2024",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    plugins: [wasmModules(found)],
    // Names stay, for stacks. Each start copies and parses all of it.
    minifyWhitespace: true,
    logLevel: "silent",
  });
  const [output] = outputFiles;
  if (!output) throw new Error("the Worker's bundle is empty");
  const wasm = [...found].map((file) => relative(ROOT, file));
  const recipe = relative(ROOT, import.meta.filename);
  return {
    text: `${JSON.stringify(wasm)}\n${output.text}`,
    inputs: [recipe, ...Object.keys(metafile.inputs), ...wasm],
  };
}

/** A Worker may not compile WebAssembly. The engine compiles it and passes it to the Worker as a module. Notes its files. */
function wasmModules(found: Set<string>): Plugin {
  return {
    name: "wasm-modules",
    setup({ onResolve, resolve }) {
      onResolve({ filter: /\.wasm$/ }, async ({ path, pluginData, ...from }) => {
        // The call of `resolve` below comes back to this function.
        if (pluginData === "asked") return undefined;
        const { importer, kind, resolveDir } = from;
        const resolved = await resolve(path, { importer, kind, resolveDir, pluginData: "asked" });
        if (resolved.errors.length > 0) return resolved;
        found.add(resolved.path);
        return { path: `./${basename(resolved.path)}`, external: true };
      });
    },
  };
}
