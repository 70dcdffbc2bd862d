import { renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { build } from "esbuild";
import { makeFolder } from "../base/make-folder.ts";
import { type Build, buildOnce, ROOT } from "../server/build-cache.ts";

const AGENT = join(ROOT, "agent");

/** A young generation of this size is collected more often; the output that passes through is garbage at once. */
const NODE_FLAGS = ["--max-semi-space-size=2"];

/** A file of the agent's program. */
interface ProgramFile {
  name: string;
  text: string;
}

/**
 * Writes the agent as one bundled file, with another for its threads beside it, and returns Node's arguments to run it. Run from
 * its sources, the agent takes 40 MB more, because the compiler that strips types stays in memory. It runs from its sources only if
 * the disk takes no file. Files that belong to the agent are read from `root`.
 */
export async function agentProgram(state: string, root: string = AGENT): Promise<string[]> {
  makeFolder(state);
  const files: ProgramFile[] = JSON.parse(await buildOnce("agent", bundleAgent));
  const folder = `const ${OWN_FOLDER} = ${JSON.stringify(join(root, "base"))};\n`;
  const isWritten = files.every(({ name, text }) => tryWrite(join(state, name), folder + text));
  return isWritten ? [...NODE_FLAGS, join(state, "agent.mjs")] : [...NODE_FLAGS, join(AGENT, "main.ts")];
}

/** The bundle's name for its folder of sources: a line before the bundle defines it. */
const OWN_FOLDER = "TAILRACE_AGENT_FOLDER";

async function bundleAgent(): Promise<Build> {
  const { outputFiles, metafile } = await build({
    entryPoints: { agent: join(AGENT, "main.ts"), "template-thread": join(AGENT, "templates", "thread.ts") },
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
  });
  const files = outputFiles.map(({ path, text }): ProgramFile => ({ name: basename(path), text }));
  const recipe = relative(ROOT, import.meta.filename);
  return { text: JSON.stringify(files), inputs: [recipe, ...Object.keys(metafile.inputs)] };
}

/** Writes a file whole or not at all; false if the disk is full or read-only, or fails. */
function tryWrite(path: string, contents: string): boolean {
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
