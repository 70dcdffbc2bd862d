import { bootId } from "../disk/boot.ts";
import { endAll, type MarkedRun } from "../process/kill.ts";
import { failedEnd } from "../process/result.ts";
import { readProcess } from "../process/table.ts";
import type { Spool } from "../spool/spool.ts";
import type { EndNote, Notes } from "../state/journal.ts";

/**
 * Ends what an earlier process of this agent left running, and has the spool say where something may be missing. Resolves
 * with how it ended, which is honest if nobody knows.
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
  // Nothing outlives its host, and a number of an earlier boot is another process's by now.
  if (lease?.boot_id !== undefined && lease.boot_id !== bootId())
    return failedEnd("The host was restarted while it ran the action.", "abandoned");
  // The group is the leader's as long as the leader is the one that was started; what left it carries the mark.
  const isSame = noted !== undefined && readProcess(noted.pid)?.start_ticks === noted.start_ticks;
  await endAll(isSame ? noted.pid : NO_GROUP, run);
  return failedEnd("The agent was restarted while it ran the action.", "abandoned");
}

/** The end of a run whose program was not started, and will not be: nothing is missing in its output. */
export function neverBegun(): EndNote {
  return failedEnd("The agent could not start the action, or was restarted before it did.", "abandoned");
}

/** No process has it: a group that is not known any more. */
const NO_GROUP = -1;
