import type { LeasedExecution, LeaseKey } from "../protocol/wire/agent.ts";
import { executionLog, type Log } from "./base/log.ts";
import { bootId } from "./disk/boot.ts";
import { leftText } from "./disk/failure.ts";
import { type LeasePhase, phaseAfterRestart } from "./handover.ts";
import type { RunContext } from "./run/parts.ts";
import { Run } from "./run/run.ts";
import { Journal } from "./state/journal.ts";

/** A lease that this agent has, or whose files it has. */
export interface Held {
  readonly key: LeaseKey;
  readonly journal: Journal;
  /** The action's reference, for the log. */
  readonly action: string;
  /** The request that created the execution. A server of an earlier release does not tell it. */
  readonly request_id: string | undefined;
  /** The place of the execution in its trace, if it has one. */
  readonly traceparent: string | undefined;
  /** When the lease came, by the corrected clock. */
  readonly since_ms: number;
  /** The log of the execution. */
  readonly log: Log;
  phase: LeasePhase | undefined;
  /** What the offer brought. It is not on disk, so a restarted agent does not have it. */
  execution: LeasedExecution | undefined;
  token: string;
  canceled: boolean;
  run: Run | undefined;
}

export function newHeld(
  {
    execution_id,
    epoch,
    action,
    request_id,
    traceparent,
  }: LeaseKey & { action: string; request_id?: string | undefined; traceparent?: string | undefined },
  journal: Journal,
  { log, clock }: Pick<RunContext, "log" | "clock">,
): Held {
  return {
    key: { execution_id, epoch },
    journal,
    action,
    request_id,
    traceparent,
    since_ms: clock.now_ms(),
    log: executionLog(log, { execution_id, request_id }),
    phase: undefined,
    execution: undefined,
    token: "",
    canceled: false,
    run: undefined,
  };
}

/** Writes a lease to disk. If the disk does not take it, removes what was written and throws. */
export function keep({ key, journal, action, request_id, traceparent }: Held): void {
  const boot_id = bootId();
  try {
    journal.begin({
      ...key,
      action,
      ...(request_id === undefined ? {} : { request_id }),
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(boot_id === undefined ? {} : { boot_id }),
    });
  } catch (error) {
    journal.remove();
    throw error;
  }
}

/** Removes a lease that has no run from disk. */
export function remove({ journal, log }: Held): void {
  const failure = journal.remove();
  if (failure) log.warn(leftText(failure));
}

/** Reads the lease that an earlier process of this agent has left in a folder, and resumes its run if it had begun. */
export function readHeld(name: string, folder: string, context: RunContext): Held | undefined {
  const journal = new Journal(folder, context.fsync);
  const notes = journal.read();
  const { lease } = notes;
  if (!lease) {
    journal.remove();
    return undefined;
  }
  const { execution_id, boot_id } = lease;
  // Releases whose folders had no epoch noted no beginning, and a crash of the host may have lost the note.
  const has_begun = name === execution_id || journal.has_begun || boot_id !== bootId();
  const held = newHeld(lease, journal, context);
  if (has_begun) held.run = Run.resume(held.key, journal, notes, { ...context, log: held.log });
  held.phase = phaseAfterRestart(has_begun);
  return held;
}
