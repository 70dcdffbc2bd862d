import { basename, join, relative } from "node:path";
import { ROOT } from "../base/root.ts";
import { type Built, buildOnce, withBundler } from "../server/build-cache.ts";
import { type AgentFile, OWN_FOLDER } from "./agent-program.ts";

const AGENT = join(ROOT, "agent");

/** `ws` looks in every folder above the program for two addons. The agent has none, and another user may write to such a folder. */
const LEAN_SOCKET = { "process.env.WS_NO_BUFFER_UTIL": '"1"', "process.env.WS_NO_UTF_8_VALIDATE": '"1"' };

/** About the length of a line of the programs. */
const LINE_CHARS_MAX = 120;

/** The agent's files as JSON: its program, and another file for its threads. */
export function buildAgent(): Promise<Built> {
  return buildOnce("agent", async () => {
    const { files, inputs } = await bundleAgent({ "import.meta.dirname": OWN_FOLDER });
    return { text: JSON.stringify(files), inputs };
  });
}

/** The agent's files, and the files that they are made of. */
export interface AgentBundle {
  files: AgentFile[];
  inputs: readonly string[];
}

/**
 * Bundles the agent. `define` replaces `import.meta.dirname`, which only `agent/base/root.ts` uses, where the bundle is not in a folder
 * beside the agent's packs.
 */
export async function bundleAgent(define: Record<string, string> = {}): Promise<AgentBundle> {
  const { outputFiles, metafile } = await withBundler((build) =>
    build({
      entryPoints: {
        agent: join(AGENT, "main.ts"),
        "template-thread": join(AGENT, "templates", "thread.ts"),
      },
      absWorkingDir: ROOT,
      bundle: true,
      splitting: true,
      chunkNames: "chunk-[hash]",
      write: false,
      metafile: true,
      outdir: AGENT,
      outExtension: { ".js": ".mjs" },
      platform: "node",
      format: "esm",
      target: "node22",
      // Of a package without exports, the modules: they leave out what is not used.
      mainFields: ["module", "main"],
      define: { ...define, ...LEAN_SOCKET },
      // The engine keeps the text for as long as the agent runs.
      minifyWhitespace: true,
      minifySyntax: true,
      // An error that nothing catches is printed with its line.
      lineLimit: LINE_CHARS_MAX,
      // Some of the libraries are CommonJS and require Node's modules.
      banner: {
        js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
      },
      logLevel: "silent",
    }),
  );
  const files = outputFiles.map(({ path, text }): AgentFile => ({ name: basename(path), text }));
  const recipe = relative(ROOT, import.meta.filename);
  return { files, inputs: [recipe, ...Object.keys(metafile.inputs)] };
}
