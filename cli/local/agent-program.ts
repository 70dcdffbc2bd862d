import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../base/make-folder.ts";
import { ROOT } from "../base/root.ts";

const AGENT = join(ROOT, "agent");

/**
 * Node's flags for the agent. A young generation of this size is collected more often: the output that passes through is garbage at once.
 * The code that handles it is short, so it gains nothing from code that is compiled for speed at the price of memory.
 */
export const AGENT_NODE_FLAGS = ["--max-semi-space-size=1", "--optimize-for-size"];

/** A file of the agent's program. */
export interface AgentFile {
  name: string;
  text: string;
}

/**
 * Writes the agent's bundled files, and removes those of earlier builds. Returns Node's arguments to run it. Run from
 * its sources, the agent takes 40 MB more, because the compiler that strips types stays in memory. It runs from its sources only if
 * the disk takes no file. Files that belong to the agent are read from `root`.
 */
export function agentProgram(state: string, bundle: string, root: string = AGENT): string[] {
  makeFolder(state);
  const files: AgentFile[] = JSON.parse(bundle);
  const folder = `const ${OWN_FOLDER} = ${JSON.stringify(join(root, "base"))};\n`;
  const names = new Set(files.map(({ name }) => name));
  for (const name of readdirSync(state))
    if (CHUNK.test(name) && !names.has(name)) rmSync(join(state, name), { force: true });
  const isWritten = files.every(({ name, text }) => tryWrite(join(state, name), folder + text));
  return agentArguments(isWritten ? join(state, "agent.mjs") : join(AGENT, "main.ts"));
}

/** The files that programs of the agent share, or load when they need them. Their names change with their contents. */
const CHUNK = /^chunk-\w+\.mjs$/;

/** Node's arguments that run the agent's program. */
export function agentArguments(program: string): string[] {
  return [...AGENT_NODE_FLAGS, program];
}

/** The bundle's name for its folder of sources: a line before the bundle defines it. */
export const OWN_FOLDER = "TAILRACE_AGENT_FOLDER";

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
