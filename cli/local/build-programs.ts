import { join, relative } from "node:path";
import { ROOT } from "../base/root.ts";
import { type Build, buildOnce, withBundler } from "../server/build-cache.ts";
import { buildScripts, textsOf } from "../server/scripts.ts";
import { buildViewer } from "../server/viewer.ts";
import { buildAgent } from "./agent-bundle.ts";
import { agentProgram } from "./agent-program.ts";
import type { FoundPrograms } from "./kept-programs.ts";

/** The bundle's name for the folder of `root.ts`: a line before the bundle defines it. */
const OWN_FOLDER = "TAILRACE_BASE_FOLDER";

/** Builds what has changed of the checkout. */
export async function buildPrograms(): Promise<FoundPrograms> {
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
          agent: { bundle: agent.file },
        }
      : undefined;
  return { programs: { scripts: textsOf(scripts), agent: (state) => agentProgram(state, agent.text) }, kept };
}

/** Builds the viewer's page if it has changed. */
export function buildPage(): Promise<void> {
  return buildViewer();
}

/** Builds the agent if it has changed, writes it to its state folder, and returns Node's arguments that run it. */
export async function buildAgentProgram(state: string): Promise<string[]> {
  const { text } = await buildAgent();
  return agentProgram(state, text);
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
