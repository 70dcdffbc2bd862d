import { bootId } from "../disk/boot.ts";
import { endAll, type MarkedRun } from "../process/kill.ts";
import { failedEnd } from "../process/result.ts";
import { readProcess } from "../process/table.ts";
import type { Spool } from "../spool/spool.ts";
import type { EndNote, Notes } from "../state/journal.ts";

/**
 * Ends the processes that an earlier process of this agent left running, and lets the spool mark where output may be missing. Resolves
 * with the end that was noted. Without a note, the execution is abandoned.
 */
export async function recover(
  { end, lease, process: noted }: Notes,
  spool: Spool,
  run: MarkedRun,
): Promise<EndNote> {
  if (end) {
    spool.reach(end.end_seq ?? null);
    return end;
  }
  spool.reach(null);
  // No process survives a boot, and its number may belong to another process now.
  if (lease?.boot_id !== undefined && lease.boot_id !== bootId())
    return failedEnd("The host was restarted while it ran the action.", "abandoned");
  // The group is ended only if its leader is still the noted process. Processes outside of the group are found by the mark.
  const isSame = noted !== undefined && readProcess(noted.pid)?.start_ticks === noted.start_ticks;
  await endAll(isSame ? noted.pid : NO_GROUP, run);
  return failedEnd("The agent was restarted while it ran the action.", "abandoned");
}

/** The end of a run whose program never started. No output is missing. */
export function neverBegun(): EndNote {
  return failedEnd("The agent could not start the action, or was restarted before it did.", "abandoned");
}

/** No process has this number. It stands for an unknown group. */
const NO_GROUP = -1;
