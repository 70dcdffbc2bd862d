import { join, relative } from "node:path";
import { ROOT } from "../base/root.ts";
import { type Build, buildOnce, withBundler } from "../server/build-cache.ts";
import { buildScripts, textsOf } from "../server/scripts.ts";
import { buildAgent } from "./agent-bundle.ts";
import type { KeptPrograms } from "./kept-programs.ts";
import type { Programs } from "./local.ts";

/** The bundle's name for the folder of `root.ts`: a line before the bundle defines it. */
const OWN_FOLDER = "TAILRACE_BASE_FOLDER";

/** Builds what has changed. `kept` are the files of all builds; undefined if one is not kept. */
export async function buildPrograms(): Promise<{ programs: Programs; kept: KeptPrograms | undefined }> {
  const [scripts, agent, server] = await Promise.all([
    buildScripts(),
    buildAgent(),
    buildOnce("server", bundleServer),
  ]);
  const { worker, index, cache } = scripts;
  const kept =
    server.file && worker.file && index.file && cache.file && agent.file
      ? {
          server: server.file,
          worker: worker.file,
          index: index.file,
          cache: cache.file,
          agent: agent.file,
        }
      : undefined;
  return { programs: { scripts: textsOf(scripts), agent: () => agent.text }, kept };
}

/** The local server as one file. */
async function bundleServer(): Promise<Build> {
  const { outputFiles, metafile } = await withBundler((build) =>
    build({
      entryPoints: [join(ROOT, "cli/local/program.ts")],
      absWorkingDir: ROOT,
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      format: "esm",
      target: "node22",
      define: { "import.meta.dirname": OWN_FOLDER },
      banner: { js: `const ${OWN_FOLDER} = ${JSON.stringify(join(ROOT, "cli/base"))};` },
      logLevel: "silent",
    }),
  );
  const recipe = relative(ROOT, import.meta.filename);
  return { text: outputFiles[0]?.text ?? "", inputs: [recipe, ...Object.keys(metafile.inputs)] };
}
