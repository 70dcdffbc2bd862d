import { pause } from "../../protocol/base/backoff.ts";
import { liveProcesses, markedProcesses, type ProcessEntry } from "./table.ts";

/** How long a process has between being asked to end and being ended. */
export const KILL_GRACE_MS = 5_000;

/** How long what is killed may take to be gone: a process in a system call that hangs outlives any signal. */
const GONE_MS_MAX = 5_000;
const POLL_MS = 20;

/** What is to be ended: all processes of one lease; of one from before leases marked them, without the epoch. */
export interface MarkedRun {
  execution_id: string;
  epoch?: number;
}

/**
 * Ends all of a run: TERM to its group, a grace, KILL, then whatever has left the group but carries its
 * mark. Resolves with the processes that outlived even that.
 */
export async function endAll(
  pgid: number,
  { execution_id, epoch }: MarkedRun,
  grace_ms = KILL_GRACE_MS,
): Promise<ProcessEntry[]> {
  const left = () => [
    ...new Map(
      [...inGroup(pgid), ...markedProcesses(execution_id, epoch)].map((entry) => [entry.pid, entry]),
    ).values(),
  ];
  signal(left(), "SIGTERM");
  await goneWithin(left, grace_ms);
  const deadline = performance.now() + GONE_MS_MAX;
  // One that forks while it is being killed is met in the next round.
  for (let alive = left(); alive.length > 0 && performance.now() < deadline; alive = left()) {
    signal(alive, "SIGKILL");
    await goneWithin(left, POLL_MS);
  }
  return left();
}

function inGroup(pgid: number): ProcessEntry[] {
  return liveProcesses().filter((entry) => entry.pgid === pgid);
}

async function goneWithin(left: () => ProcessEntry[], ms: number): Promise<void> {
  const deadline = performance.now() + ms;
  while (left().length > 0 && performance.now() < deadline) await pause(POLL_MS);
}

function signal(processes: ProcessEntry[], name: NodeJS.Signals): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, name);
    } catch (error) {
      // Gone by now, or another user's (under sudo), whom sudo passes the signal on to.
      if (!isExpected(error)) throw error;
    }
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM");
}
