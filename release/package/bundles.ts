import { basename, join, relative } from "node:path";
import { PAGE_FOLDER, PAGES, ROOT } from "../../cli/base/root.ts";
import { bundleAgent } from "../../cli/local/agent-bundle.ts";
import { type Build, withBundler } from "../../cli/server/build-cache.ts";
import { bundleWorker } from "../../cli/server/bundle.ts";
import { COMMENT } from "../../cli/server/kept-text.ts";
import { WORKER } from "../../cli/server/scripts.ts";
import { bundleCache, bundleIndex } from "../../cli/server/storage-scripts.ts";
import { bundlePage } from "../../cli/server/viewer.ts";
import { packagesOf } from "./packages.ts";

/** A file of the package, named from its folder. */
interface PackageFile {
  name: string;
  text: string;
}

/** The first line of each script. */
const HEAD = `${COMMENT}Tailrace, Apache-2.0. The licences of the packages in this file are in THIRD-PARTY.\n`;

/** Bundles all programs. `packages` are the folders of the packages that they contain. */
export async function bundleAll(): Promise<{ files: PackageFile[]; packages: string[] }> {
  const [worker, index, cache, pages, agent, command_line] = await Promise.all([
    bundleWorker(WORKER),
    bundleIndex(),
    bundleCache(),
    Promise.all(PAGES.map(pageFile)),
    bundleAgent(),
    bundleCommandLine(),
  ]);
  const inputs = [worker, index, cache, ...pages, agent, command_line].flatMap((bundle) => bundle.inputs);
  return {
    files: [
      script("built/engine/worker.js", worker),
      script("built/engine/index.js", index),
      script("built/engine/cache.js", cache),
      ...pages.map(({ name, text }) => ({ name, text })),
      ...agent.files.map(({ name, text }) => script(`agent/built/${name}`, { text })),
      ...command_line.files.map(({ name, text }) => ({ name: `built/cli/${name}`, text })),
    ],
    packages: packagesOf(inputs),
  };
}

/** A page, as the folder of the built pages has it. */
async function pageFile(page: (typeof PAGES)[number]): Promise<PackageFile & Build> {
  return { name: join(relative(ROOT, PAGE_FOLDER), page), ...(await bundlePage(page)) };
}

function script(name: string, { text }: Pick<Build, "text">): PackageFile {
  return { name, text: HEAD + text };
}

/** The command line and the local server's program. They share files, and a command loads only those that it needs. */
async function bundleCommandLine(): Promise<{ files: PackageFile[]; inputs: string[] }> {
  const { outputFiles, metafile } = await withBundler((build) =>
    build({
      entryPoints: { tailrace: join(ROOT, "cli/main.ts"), server: join(ROOT, "cli/local/program.ts") },
      absWorkingDir: ROOT,
      bundle: true,
      splitting: true,
      write: false,
      metafile: true,
      outdir: join(ROOT, "built/cli"),
      platform: "node",
      format: "esm",
      target: "node22",
      // Of a package without exports, the modules: they leave out what is not used.
      mainFields: ["module", "main"],
      // Only a checkout builds programs.
      external: ["*/build-programs.ts"],
      // Some of the libraries are CommonJS and require Node's modules.
      banner: {
        js: `${HEAD}import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);`,
      },
      logLevel: "silent",
    }),
  );
  return {
    files: outputFiles.map(({ path, text }) => ({ name: basename(path), text })),
    inputs: Object.keys(metafile.inputs),
  };
}
