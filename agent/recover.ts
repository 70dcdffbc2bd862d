import type { EndNote, Journal } from "./journal.ts";
import { endAll } from "./process/kill.ts";
import { failedEnd } from "./process/result.ts";
import { readProcess } from "./process/table.ts";
import type { Spool } from "./spool/spool.ts";

/**
 * Ends what an earlier process of this agent left running, and says in its output that something may be missing. Resolves
 * with how it ended, which is honest if nobody knows.
 */
export async function recover(journal: Journal, spool: Spool, execution_id: string): Promise<EndNote> {
  const { end, process: noted } = journal;
  if (end) return end;
  // The group is the leader's as long as the leader is the one that was started; what left it carries the mark.
  const isSame = noted !== undefined && readProcess(noted.pid)?.start_ticks === noted.start_ticks;
  await endAll(isSame ? noted.pid : NO_GROUP, execution_id);
  spool.appendGap({ reason: "agent_restarted", bytes: null });
  return failedEnd("The agent was restarted while it ran the action.", "abandoned");
}

/** No process has it: a group that is not known any more. */
const NO_GROUP = -1;
