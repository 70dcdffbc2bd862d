import { readFileSync } from "node:fs";
import { pause } from "../../protocol/base/backoff.ts";

/** How long the bundler's process may take to end. */
const CHILDREN_MS_MAX = 1_000;
const CHILDREN_POLL_MS = 2;

/** Replaces this program by another of Node's, in the same process. Returns where the system cannot do that. */
export async function replaceProcess(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { execve, execPath } = process;
  if (execve === undefined) return;
  // A bundler that has ended would stay as a dead process: the next program does not know of it.
  for (let waited_ms = 0; hasChildren() && waited_ms < CHILDREN_MS_MAX; waited_ms += CHILDREN_POLL_MS)
    await pause(CHILDREN_POLL_MS);
  execve(execPath, [execPath, ...args], env);
}

/** Whether this process has children, where Linux tells. */
function hasChildren(): boolean {
  try {
    return readFileSync(`/proc/self/task/${process.pid}/children`, "utf8") !== "";
  } catch {
    return false;
  }
}
