import { basename, join, relative } from "node:path";
import { ROOT } from "../base/root.ts";
import { type Build, type Built, buildOnce, withBundler } from "../server/build-cache.ts";
import { type AgentFile, OWN_FOLDER } from "./agent-program.ts";

const AGENT = join(ROOT, "agent");

/** The agent's files as JSON: its program, and another file for its threads. */
export function buildAgent(): Promise<Built> {
  return buildOnce("agent", bundle);
}

async function bundle(): Promise<Build> {
  const { outputFiles, metafile } = await withBundler((build) =>
    build({
      entryPoints: {
        agent: join(AGENT, "main.ts"),
        "template-thread": join(AGENT, "templates", "thread.ts"),
      },
      absWorkingDir: ROOT,
      bundle: true,
      write: false,
      metafile: true,
      outdir: AGENT,
      outExtension: { ".js": ".mjs" },
      platform: "node",
      format: "esm",
      target: "node22",
      // Only `agent/base/root.ts` uses it.
      define: { "import.meta.dirname": OWN_FOLDER },
      // Some of the libraries are CommonJS and require Node's modules.
      banner: {
        js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
      },
      logLevel: "silent",
    }),
  );
  const files = outputFiles.map(({ path, text }): AgentFile => ({ name: basename(path), text }));
  const recipe = relative(ROOT, import.meta.filename);
  return { text: JSON.stringify(files), inputs: [recipe, ...Object.keys(metafile.inputs)] };
}
