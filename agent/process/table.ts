import { readdirSync, readFileSync } from "node:fs";
import { EXECUTION_VARIABLE, MARK, markText } from "./environment.ts";

/** One process of this host, as /proc shows it. */
export interface ProcessEntry {
  pid: number;
  pgid: number;
  /** Clock ticks since boot: with the pid, what tells a process from a later one of the same number. */
  start_ticks: number;
}

/** The processes that are alive. Zombies are not: they only wait to be counted. */
export function liveProcesses(): ProcessEntry[] {
  return readdirSync("/proc").flatMap((name) =>
    /^\d+$/.test(name) ? (readProcess(Number(name)) ?? []) : [],
  );
}

/** One process, or undefined where it is gone. */
export function readProcess(pid: number): ProcessEntry | undefined {
  const stat = readOf(pid, "stat");
  if (stat === undefined) return undefined;
  // The name stands in parentheses and may hold anything; the fields follow the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  return { pid, pgid: Number(fields[2]), start_ticks: Number(fields[19]) };
}

/** The processes of a lease, or of all leases of an execution, wherever they have gone: found by their environment. */
export function markedProcesses(executionId: string, epoch?: number): ProcessEntry[] {
  const mark =
    epoch === undefined
      ? `${EXECUTION_VARIABLE}=${executionId}`
      : `${MARK}=${markText({ execution_id: executionId, epoch })}`;
  return liveProcesses().filter(({ pid }) => readOf(pid, "environ")?.split("\0").includes(mark));
}

/** A process may end, or be somebody else's, between being listed and being read. */
function readOf(pid: number, file: "stat" | "environ"): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
