import { isErrorCode, TailraceError } from "../../protocol/base/errors.ts";
import { isDiskFull, isHidden } from "../storage/disk.ts";

/**
 * A thrown error as one of our codes. An object's error arrives as a copy. Failures of the disk, the index and the platform
 * may be tried again. Any other error is a bug and is logged.
 */
export async function failureOf(env: Env, error: unknown, request_id: string): Promise<TailraceError> {
  if (error instanceof TailraceError) return error;
  if (!(error instanceof Error)) return internal(error, request_id);
  const { name, message } = error;
  if (name === "TailraceError" && "code" in error && isErrorCode(error.code))
    return new TailraceError(error.code, message);
  if (await isDiskFull(env, error)) return new TailraceError("storage_full");
  if (isIndexBehind(error)) {
    console.error(`the index lacks a migration: ${message}`);
    return new TailraceError("index_behind");
  }
  if (isIndexDown(error)) {
    console.error(`request ${request_id}: the index does not answer: ${message}`);
    return new TailraceError("index_unavailable");
  }
  const is_reset = "durableObjectReset" in error;
  // The platform has not started the call.
  if ("overloaded" in error && !is_reset) return new TailraceError("unavailable");
  if (is_reset || "retryable" in error || isHidden(error)) {
    console.error(`request ${request_id}: a call of an object was cut off: ${message}`);
    return new TailraceError("unavailable", CUT_OFF);
  }
  return internal(error, request_id);
}

/** The object may have done the work, and only its answer was lost. */
const CUT_OFF = "The request was cut off. A change may have been made or not: look, and try again.";

/** Whether the index lacks a table or a column of this release. */
function isIndexBehind({ message }: Error): boolean {
  return /^D1_(EXEC_)?ERROR: (no such (table|column)|table \w+ has no column)/.test(message);
}

/** Whether the index is unavailable. A wrong statement does not count. */
function isIndexDown({ message }: Error): boolean {
  return (
    /^D1_(EXEC_)?ERROR\b/.test(message) &&
    !/SQLITE_(ERROR|CONSTRAINT|MISMATCH|TOOBIG|RANGE|AUTH)/.test(message)
  );
}

/** The client gets the request's id, and nothing of the error. */
function internal(error: unknown, request_id: string): TailraceError {
  console.error(`request ${request_id}:`, error);
  return new TailraceError(
    "internal",
    `Internal Server Error. The server's log has the reason, at request ${request_id}.`,
  );
}
