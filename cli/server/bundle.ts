import { relative } from "node:path";
import { build } from "esbuild";
import { type Build, buildOnce, ROOT } from "./build-cache.ts";

/** A module of the Worker, as the engine takes it. */
export interface WorkerModule {
  type: "ESModule";
  path: string;
  contents: string;
}

/** The Worker as wrangler would bundle it: one script. */
export async function bundleWorker(entry: string): Promise<WorkerModule[]> {
  const name = relative(ROOT, entry).replaceAll("/", "-");
  return [{ type: "ESModule", path: "worker.js", contents: await buildOnce(name, () => bundle(entry)) }];
}

async function bundle(entry: string): Promise<Build> {
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
    // Names stay, for stacks. Each start copies and parses all of it.
    minifyWhitespace: true,
    logLevel: "silent",
  });
  const [output] = outputFiles;
  if (!output) throw new Error("the Worker's bundle is empty");
  const recipe = relative(ROOT, import.meta.filename);
  return { text: output.text, inputs: [recipe, ...Object.keys(metafile.inputs)] };
}
