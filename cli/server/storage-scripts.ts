import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import { ROOT } from "../base/root.ts";
import { type Build, withBundler } from "./build-cache.ts";
import { indexScript } from "./index-scripts.ts";

/** Miniflare's Workers. They are what a deployed Worker's D1 and Cache API are tested with elsewhere. */
const WORKERS = join(dirname(fileURLToPath(import.meta.resolve("miniflare"))), "workers");

/** The Cache API: each named cache is an object. */
const CACHE = `
export { CacheObject } from "${WORKERS}/cache/cache.worker.js";
export default {
  fetch(request, { OBJECTS }) {
    const named = request.headers.get("cf-cache-namespace");
    const name = named === null ? "default" : \`named:\${named}\`;
    return OBJECTS.get(OBJECTS.idFromName(name)).fetch(request, { cf: { ...request.cf, miniflare: { name } } });
  },
};
`;

export function bundleIndex(): Promise<Build> {
  return bundle(indexScript(WORKERS));
}

export function bundleCache(): Promise<Build> {
  return bundle(CACHE);
}

function bundle(contents: string): Promise<Build> {
  return withBundler(async (build) => {
    const { outputFiles, metafile } = await build({
      stdin: { contents, resolveDir: ROOT, sourcefile: "entry.js" },
      absWorkingDir: ROOT,
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      target: "es2024",
      external: ["cloudflare:*", "node:*"],
      minifyWhitespace: true,
      minifySyntax: true,
      plugins: [OWN_MODULES],
      logLevel: "silent",
    });
    const [output] = outputFiles;
    if (!output) throw new Error("the bundle of the engine's storage is empty");
    const inputs = Object.keys(metafile.inputs).filter((input) => input !== "entry.js");
    return { text: output.text, inputs: [...OWN_FILES, ...inputs] };
  });
}

/** The files of the texts that are bundled. */
const OWN_FILES = [import.meta.filename, join(import.meta.dirname, "index-scripts.ts")].map((file) =>
  relative(ROOT, file),
);

/** The modules that Miniflare gives its Workers, and that only engine extensions may import. */
const OWN_MODULES: Plugin = {
  name: "miniflare",
  setup: (build) => {
    build.onResolve({ filter: /^miniflare:(shared|zod)$/ }, ({ path }) => ({
      path: join(WORKERS, "shared", path === "miniflare:zod" ? "zod.worker.js" : "index.worker.js"),
      sideEffects: false,
    }));
    build.onResolve({ filter: /^node-internal:internal_(assert|buffer)$/ }, ({ path }) => ({
      path: path.replace("node-internal:internal_", "node:"),
      external: true,
    }));
  },
};
