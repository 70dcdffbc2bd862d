import { relative } from "node:path";
import { ROOT } from "../base/root.ts";
import { type Build, type Built, buildOnce, withBundler } from "./build-cache.ts";

/** The Worker's bundle, or the one that an earlier build has made of the same files. */
export function buildWorker(entry: string): Promise<Built> {
  return buildOnce(relative(ROOT, entry).replaceAll("/", "-"), () => bundleWorker(entry));
}

/** Bundles the Worker as wrangler would: one script. */
export async function bundleWorker(entry: string): Promise<Build> {
  const { outputFiles, metafile } = await withBundler((build) =>
    build({
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
    }),
  );
  const [output] = outputFiles;
  if (!output) throw new Error("the Worker's bundle is empty");
  const recipe = relative(ROOT, import.meta.filename);
  return { text: output.text, inputs: [recipe, ...Object.keys(metafile.inputs)] };
}
