import { readdirSync, readFileSync } from "node:fs";
import { readProcessStat } from "../../protocol/base/process-stat.ts";

/** The live engines that a process has started. */
export function enginesOf(parent: number): number[] {
  return readdirSync("/proc").flatMap((name) =>
    /^\d+$/.test(name) && isEngine(name, parent) ? [Number(name)] : [],
  );
}

function isEngine(pid: string, parent: number): boolean {
  try {
    const { name, is_alive, parent_pid } = readProcessStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return name === "workerd" && is_alive && parent_pid === parent;
  } catch {
    // The process has ended since it was listed.
    return false;
  }
}
