import type { LeasedExecution, LeaseKey } from "../protocol/wire/agent.ts";
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
  phase: LeasePhase | undefined;
  /** What the offer brought. It is not on disk, so a restarted agent does not have it. */
  execution: LeasedExecution | undefined;
  token: string;
  canceled: boolean;
  run: Run | undefined;
}

export function newHeld(key: LeaseKey, journal: Journal, action: string): Held {
  return {
    key,
    journal,
    action,
    phase: undefined,
    execution: undefined,
    token: "",
    canceled: false,
    run: undefined,
  };
}

/** Writes a lease to disk. If the disk does not take it, removes what was written and throws. */
export function keep({ key, journal, action }: Held): void {
  const boot_id = bootId();
  try {
    journal.begin({ ...key, action, ...(boot_id === undefined ? {} : { boot_id }) });
  } catch (error) {
    journal.remove();
    throw error;
  }
}

/** Removes a lease that has no run from disk. */
export function remove({ key, journal }: Held, { log }: RunContext): void {
  const failure = journal.remove();
  if (failure) log.warn(`execution ${key.execution_id}: ${leftText(failure)}`);
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
  const { execution_id, epoch, action, boot_id } = lease;
  const key = { execution_id, epoch };
  // Releases whose folders had no epoch noted no beginning, and a crash of the host may have lost the note.
  const has_begun = name === execution_id || journal.has_begun || boot_id !== bootId();
  const held = newHeld(key, journal, action);
  if (has_begun) held.run = Run.resume(key, journal, notes, context);
  held.phase = phaseAfterRestart(has_begun);
  return held;
}
