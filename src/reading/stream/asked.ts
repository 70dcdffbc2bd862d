import { STREAM_UNBEGUN_ASKED_MAX } from "../../../protocol/base/reader-limits.ts";
import type { Status } from "../../../protocol/base/status.ts";

/** An execution in one of these statuses has written nothing. */
const UNBEGUN: readonly Status[] = ["requested", "delayed"];

/** Whether an execution in this status may have written something. */
export function hasBegun(status: Status): boolean {
  return !UNBEGUN.includes(status);
}

/**
 * The executions whose objects a stream asks at its beginning: those that run by the index, and the oldest of the others, because the index
 * learns a moment later that an execution has begun. A queue may hold more executions than one request may call objects. The output of an
 * execution that is not asked comes from its first line.
 */
export function askedOf(found: readonly { id: string; status: Status }[]): Set<string> {
  const begun = found.filter(({ status }) => hasBegun(status));
  const unbegun = found.filter(({ status }) => !hasBegun(status));
  return new Set([...begun, ...unbegun.slice(0, STREAM_UNBEGUN_ASKED_MAX)].map(({ id }) => id));
}
