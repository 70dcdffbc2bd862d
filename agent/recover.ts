import { bootId } from "./disk/boot.ts";
import type { EndNote, Journal } from "./journal.ts";
import { endAll } from "./process/kill.ts";
import { failedEnd } from "./process/result.ts";
import { readProcess } from "./process/table.ts";
import type { Spool } from "./spool/spool.ts";

/**
 * Ends what an earlier process of this agent left running, and has the spool say where something may be missing. Resolves
 * with how it ended, which is honest if nobody knows.
 */
export async function recover(journal: Journal, spool: Spool, execution_id: string): Promise<EndNote> {
  const { end, lease, process: noted } = journal;
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
  await endAll(isSame ? noted.pid : NO_GROUP, execution_id);
  return failedEnd("The agent was restarted while it ran the action.", "abandoned");
}

/** No process has it: a group that is not known any more. */
const NO_GROUP = -1;
