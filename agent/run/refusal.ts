import { TailraceError } from "../../protocol/base/errors.ts";
import { failureText, openSentence } from "../../protocol/base/failure-text.ts";
import { isPassing } from "../base/passing.ts";
import { diskFailure } from "../disk/failure.ts";
import { MissingChunk } from "../spool/missing.ts";

/** Failures of the spool's disk in a row before its output is given up: about seven minutes. */
export const DISK_FAILURES_MAX = 60;

/** The server has lost a chunk that it had acknowledged, and the spool has deleted it. */
export class LostChunk extends Error {
  constructor(seq: number) {
    super(`the server lost chunk ${seq}, which it had acknowledged`);
  }
}

/** Why the upload is given up; undefined to try again. `disk_failures` counts the failures of the spool's disk in a row. */
export function refusalOf(error: unknown, disk_failures: number): string | undefined {
  if (error instanceof LostChunk || error instanceof MissingChunk) return error.message;
  if (disk_failures >= DISK_FAILURES_MAX) return `its output cannot be read: ${describe(error)}`;
  return isPassing(error)
    ? undefined
    : `the server refuses its output: ${describe(error)}. See: tailrace execution get`;
}

/** A failure as text, for the log. */
export function describe(error: unknown): string {
  return diskFailure(error, "the spool")?.text ?? openSentence(failureText(error));
}

/** Whether the answer did not come in time: the connection is dead, or too slow for the batch. */
export function isLate(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

/** A word of a closed set for a failure: the server's code, `disk` for the spool's, and `network` without an answer. */
export function codeOf(error: unknown): string {
  if (error instanceof TailraceError) return error.code;
  const is_of_disk =
    error instanceof LostChunk || error instanceof MissingChunk || diskFailure(error, "the spool");
  return is_of_disk ? "disk" : "network";
}
