import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/**
 * Ends the engine when this process is gone, however that came about: a killed process cannot, and workerd would keep
 * the port and the state. A shell waits for the end of a pipe that only this process holds open.
 */
export function guardEngine(pids: number[]): { release: () => void } {
  const guard = spawn(
    "/bin/sh",
    ["-c", 'read -r _; kill -KILL "$@" 2>/dev/null', "guard", ...pids.map(String)],
    {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    },
  );
  guard.unref();
  return { release: () => guard.kill("SIGKILL") };
}

/** The engines that this process has started and that are alive. */
export function enginesOf(parent: number): number[] {
  return readdirSync("/proc").flatMap((name) =>
    /^\d+$/.test(name) && isEngine(name, parent) ? [Number(name)] : [],
  );
}

function isEngine(pid: string, parent: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return name === "workerd" && state !== "Z" && Number(ppid) === parent;
  } catch {
    // A process may end between being listed and being read.
    return false;
  }
}
