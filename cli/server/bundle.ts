import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { build, type Plugin } from "esbuild";

/** A module of the Worker, as the engine takes it. */
export type WorkerModule =
  | { type: "ESModule"; path: string; contents: string }
  | { type: "CompiledWasm"; path: string; contents: Uint8Array<ArrayBuffer> };

/** The Worker as wrangler would bundle it: one script first, then the WebAssembly that it imports. */
export async function bundleWorker(entry: string): Promise<WorkerModule[]> {
  const wasm = new Map<string, WorkerModule>();
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    plugins: [wasmModules(wasm)],
    sourcemap: "inline",
    logLevel: "silent",
  });
  const [bundle] = outputFiles;
  if (!bundle) throw new Error("the Worker's bundle is empty");
  return [{ type: "ESModule", path: "worker.js", contents: bundle.text }, ...wasm.values()];
}

/** Workers may not compile WebAssembly themselves: the engine does, and hands it over as a module. */
function wasmModules(found: Map<string, WorkerModule>): Plugin {
  return {
    name: "wasm-modules",
    setup({ onResolve, resolve }) {
      onResolve({ filter: /\.wasm$/ }, async ({ path, pluginData, ...from }) => {
        // The question below comes back here.
        if (pluginData === "asked") return undefined;
        const { importer, kind, resolveDir } = from;
        const resolved = await resolve(path, { importer, kind, resolveDir, pluginData: "asked" });
        if (resolved.errors.length > 0) return resolved;
        const name = basename(resolved.path);
        found.set(resolved.path, {
          type: "CompiledWasm",
          path: name,
          contents: new Uint8Array(readFileSync(resolved.path)),
        });
        return { path: `./${name}`, external: true };
      });
    },
  };
}
