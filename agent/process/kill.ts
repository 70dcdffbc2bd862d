import { pause } from "../../protocol/base/backoff.ts";
import { liveProcesses, markedProcesses, type ProcessEntry } from "./table.ts";

/** How long a process has between TERM and KILL. */
export const KILL_GRACE_MS = 5_000;

/** How long a killed process may take to end: a process in a hanging system call survives every signal. */
const GONE_MS_MAX = 5_000;
const POLL_MS = 20;

/** The lease whose processes are to be ended. Without the epoch: a lease from before processes had marks. */
export interface MarkedRun {
  execution_id: string;
  epoch?: number;
}

/**
 * Ends all processes of a run, in its group and outside: those outside carry its mark. TERM, a grace, then KILL. Resolves with the
 * processes that are still alive.
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
  // A process that forks while it is killed is found in the next round.
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
      // It has ended, or it is another user's: sudo passes the signal on to it.
      if (!isExpected(error)) throw error;
    }
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM");
}
