import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { makeFolder } from "../base/make-folder.ts";

const AGENT = resolve(import.meta.dirname, "../../agent");

/** A young generation of this size is collected more often; the output that passes through is garbage at once. */
const NODE_FLAGS = ["--max-semi-space-size=2"];

/**
 * The arguments with which Node runs the agent as one bundled file, beside which is that of its threads. Loaded from its sources it takes 40 MB more: the
 * compiler that strips their types stays in memory. So it is only where the disk has no place for the file. Its own files are read
 * from `root`.
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
    // Only `agent/base/root.ts` asks for it.
    define: { "import.meta.dirname": JSON.stringify(join(root, "base")) },
    // Some of the libraries are CommonJS and require Node's modules.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    logLevel: "silent",
  });
  const isKept = outputFiles.every(({ path, contents }) => keep(path, contents));
  return isKept ? [...NODE_FLAGS, join(state, "agent.mjs")] : [...NODE_FLAGS, join(AGENT, "main.ts")];
}

/** Writes a file whole or not at all; false where the disk is full, or takes nothing. */
function keep(path: string, contents: Uint8Array): boolean {
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

/** What a disk says that takes no file. */
const REFUSALS = ["ENOSPC", "EDQUOT", "EROFS", "EIO"];
