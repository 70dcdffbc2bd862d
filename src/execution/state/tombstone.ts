import { TailraceError } from "../../../protocol/base/errors.ts";
import { isCompleted } from "../../../protocol/base/status.ts";
import { timestamp } from "../../../protocol/base/time.ts";
import type { Tombstone } from "../../../protocol/base/tombstone.ts";
import type { ExecutionState } from "./state.ts";

/** The tombstone of an expired output. */
export function tombstoneOf({ status, exit_code, expired }: ExecutionState): Tombstone | undefined {
  if (!expired || !isCompleted(status)) return undefined;
  const { last_seq, bytes, gaps } = expired.totals;
  return { status, exit_code, last_seq, bytes, gaps, expired: timestamp(expired.at_ms) };
}

/** The error for a reader of an expired output, with its tombstone. */
export function expiredError(id: string, tombstone: Tombstone): TailraceError {
  const text = `The output of ${tombstone.status} execution ${id} has expired.`;
  return new TailraceError("expired", text, undefined, tombstone);
}
