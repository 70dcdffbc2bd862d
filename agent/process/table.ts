import { readProcessStat } from "../../protocol/base/process-stat.ts";
import { listedPids, readProc } from "../disk/proc.ts";
import { EXECUTION_VARIABLE, MARK, markText } from "./environment.ts";

/** One process of this host. Its pid may be another process's later; with `start_ticks` it is unique. */
export interface ProcessEntry {
  pid: number;
  pgid: number;
  start_ticks: number;
}

/** The processes that are alive, without zombies. */
export function liveProcesses(): ProcessEntry[] {
  return listedPids().flatMap((pid) => readProcess(pid) ?? []);
}

/** One process; undefined if it has ended. */
export function readProcess(pid: number): ProcessEntry | undefined {
  const text = readProc(`${pid}/stat`);
  if (text === undefined) return undefined;
  const { is_alive, pgid, start_ticks } = readProcessStat(text);
  return is_alive ? { pid, pgid, start_ticks } : undefined;
}

/** The processes of a lease, or of all leases of an execution. Their environment identifies them, also outside of the group. */
export function markedProcesses(executionId: string, epoch?: number): ProcessEntry[] {
  const mark =
    epoch === undefined
      ? `${EXECUTION_VARIABLE}=${executionId}`
      : `${MARK}=${markText({ execution_id: executionId, epoch })}`;
  return liveProcesses().filter(({ pid }) => readProc(`${pid}/environ`)?.split("\0").includes(mark));
}
