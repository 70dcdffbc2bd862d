import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { makeFolder } from "../base/make-folder.ts";

const AGENT = resolve(import.meta.dirname, "../../agent");

/** A young generation of this size is collected more often; the output that passes through is garbage at once. */
const NODE_FLAGS = ["--max-semi-space-size=2"];

/**
 * Node's arguments to run the agent as one bundled file, with another for its threads beside it. Run from its sources, the agent
 * takes 40 MB more, because the compiler that strips types stays in memory. It runs from its sources only if the disk takes no
 * file. Files that belong to the agent are read from `root`.
 */
export async function agentProgram(state: string, root: string = AGENT): Promise<string[]> {
  makeFolder(state);
  const { outputFiles } = await build({
    entryPoints: { agent: join(AGENT, "main.ts"), "template-thread": join(AGENT, "templates", "thread.ts") },
    bundle: true,
    write: false,
    outdir: state,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    format: "esm",
    target: "node22",
    // Only `agent/base/root.ts` uses it.
    define: { "import.meta.dirname": JSON.stringify(join(root, "base")) },
    // Some of the libraries are CommonJS and require Node's modules.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    logLevel: "silent",
  });
  const isWritten = outputFiles.every(({ path, contents }) => tryWrite(path, contents));
  return isWritten ? [...NODE_FLAGS, join(state, "agent.mjs")] : [...NODE_FLAGS, join(AGENT, "main.ts")];
}

/** Writes a file whole or not at all; false if the disk is full or read-only, or fails. */
function tryWrite(path: string, contents: Uint8Array): boolean {
  try {
    writeFileSync(`${path}.new`, contents);
    renameSync(`${path}.new`, path);
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && REFUSALS.includes(String(error.code)))) throw error;
    rmSync(`${path}.new`, { force: true });
    return false;
  }
}

/** The codes of a disk that takes no file. */
const REFUSALS = ["ENOSPC", "EDQUOT", "EROFS", "EIO"];
