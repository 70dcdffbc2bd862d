import { build } from "esbuild";

/** The Worker as one module, as wrangler would bundle it. */
export async function bundleWorker(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    sourcemap: "inline",
    logLevel: "silent",
  });
  const [bundle] = outputFiles;
  if (!bundle) throw new Error("the Worker's bundle is empty");
  return bundle.text;
}
