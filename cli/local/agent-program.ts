import { join, resolve } from "node:path";
import { build } from "esbuild";
import { makeFolder } from "../make-folder.ts";

const AGENT = resolve(import.meta.dirname, "../../agent");

/** A young generation of this size is collected more often; the output that passes through is garbage at once. */
const NODE_FLAGS = ["--max-semi-space-size=2"];

/**
 * The arguments with which Node runs the agent as one bundled file, beside which is that of its threads. Loaded from its sources it takes 40 MB more: the
 * compiler that strips their types stays in memory. Its own files are read from `root`.
 */
export async function agentProgram(state: string, root: string = AGENT): Promise<string[]> {
  makeFolder(state);
  await build({
    entryPoints: { agent: join(AGENT, "main.ts"), "template-thread": join(AGENT, "templates", "thread.ts") },
    bundle: true,
    outdir: state,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    format: "esm",
    target: "node22",
    define: { "import.meta.dirname": JSON.stringify(root) },
    // Some of the libraries are CommonJS and require Node's modules.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    logLevel: "silent",
  });
  return [...NODE_FLAGS, join(state, "agent.mjs")];
}
