import { constants } from "node:os";
import { messageOf } from "../../protocol/base/failure-text.ts";
import { parseJson } from "../../protocol/base/json.ts";
import { RESULT_BYTES_MAX, VALUE_DEPTH_MAX } from "../../protocol/base/limits.ts";
import { markedText } from "../../protocol/model/result.ts";
import type { EndExecution } from "../../protocol/wire/agent.ts";
import { diskFailure } from "../disk/failure.ts";
import type { Exit } from "./child.ts";

/** The head and the tail of a stream, for the result. Its memory is bounded. */
export class StreamText {
  #head = Buffer.alloc(0);
  #head_bytes = 0;
  /** The last bytes after the head, in a ring. */
  #ring = Buffer.alloc(0);
  #rest_bytes = 0;

  add(bytes: Buffer): void {
    const head = bytes.subarray(0, HALF_BYTES - this.#head_bytes);
    this.#head = roomFor(this.#head_bytes + head.length, this.#head);
    this.#head_bytes += head.copy(this.#head, this.#head_bytes);
    const rest = bytes.subarray(head.length);
    if (rest.length === 0) return;
    this.#ring = roomFor(this.#rest_bytes + rest.length, this.#ring);
    const last = rest.subarray(-HALF_BYTES);
    this.#rest_bytes += rest.length;
    const from = (this.#rest_bytes - last.length) % HALF_BYTES;
    const copied = last.copy(this.#ring, from);
    last.copy(this.#ring, 0, copied);
  }

  /** The text in the form of StackStorm's results: without the last line end, and parsed if it is JSON. */
  value(): unknown {
    const left_out_bytes = Math.max(0, this.#rest_bytes - HALF_BYTES);
    const head = this.#head.subarray(0, this.#head_bytes);
    if (left_out_bytes === 0) {
      return decoded(lineOf(textOf(head, this.#ring.subarray(0, this.#rest_bytes))));
    }
    const oldest = this.#rest_bytes % HALF_BYTES;
    const tail = textOf(this.#ring.subarray(oldest), this.#ring.subarray(0, oldest));
    // A character at the cut may be damaged here. The output has it whole.
    return lineOf(markedText(textOf(head), left_out_bytes, tail));
  }
}

const HALF_BYTES = RESULT_BYTES_MAX / 2;

/** The buffer, grown to this many bytes, and at most to the bytes that are kept. */
function roomFor(bytes: number, buffer: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  const wanted = Math.min(bytes, HALF_BYTES);
  if (wanted <= buffer.length) return buffer;
  return Buffer.concat([buffer], Math.min(HALF_BYTES, Math.max(wanted, 2 * buffer.length)));
}

function textOf(first: Buffer, second: Buffer = NOTHING): string {
  const bytes = second.length === 0 ? first : Buffer.concat([first, second]);
  return bytes.toString("utf8");
}

const NOTHING = Buffer.alloc(0);

/** The text without its last line end. */
function lineOf(text: string): string {
  if (!text.endsWith("\n")) return text.endsWith("\r") ? text.slice(0, -1) : text;
  return text.slice(0, text.endsWith("\r\n") ? -2 : -1);
}

/** The JSON value of a text; the text itself if it is not JSON, or nested too deep. */
function decoded(text: string): unknown {
  try {
    return parseJson(text, { depth_max: VALUE_DEPTH_MAX, exact: true });
  } catch {
    return text;
  }
}

/** Why the agent itself ended the process, if it did. */
export type Ended =
  | { why: "timeout"; timeout_ms: number }
  | { why: "canceled" }
  | { why: "stopped" }
  | undefined;

type End = Omit<EndExecution, "last_seq">;

/** The end of a shell runner's execution, with status and result in StackStorm's form. */
export function shellEnd(exit: Exit, ended: Ended, texts: { stdout: unknown; stderr: unknown }): End {
  const return_code = returnCode(exit, ended);
  const succeeded = ended === undefined && return_code === 0;
  const error = errorOf(ended, exit.signal);
  const result = {
    failed: !succeeded,
    succeeded,
    return_code,
    ...texts,
    ...(error === undefined ? {} : { error }),
    ...(exit.leftover_pids.length === 0 ? {} : { leftover_pids: exit.leftover_pids }),
  };
  return { status: statusOf(ended, succeeded), exit_code: return_code, result };
}

/** StackStorm's return code: the exit code, or the signal's negative number; -9 for a timeout. */
export function returnCode({ code, signal }: Exit, ended: Ended): number {
  return ended?.why === "timeout" ? -9 : (code ?? -(constants.signals[signal ?? "SIGKILL"] ?? 0));
}

/** The end of an execution whose process could not be started or was lost. */
export function failedEnd(error: string, status: "failed" | "abandoned" = "failed"): End {
  return { status, exit_code: null, result: { failed: true, succeeded: false, error } };
}

/** The end of an execution that was ended before its process started. */
export function unstartedEnd(ended: Ended): End {
  return { status: statusOf(ended, false), exit_code: null, result: { failed: true, succeeded: false } };
}

export function statusOf(ended: Ended, succeeded: boolean): EndExecution["status"] {
  if (ended?.why === "stopped") return "abandoned";
  if (ended) return ended.why;
  return succeeded ? "succeeded" : "failed";
}

export function errorOf(ended: Ended, signal: NodeJS.Signals | null): string | undefined {
  if (ended?.why === "timeout") return `Action failed to complete in ${ended.timeout_ms / 1000} seconds`;
  if (ended?.why === "stopped") return "The agent was stopped while it ran the action.";
  return ended === undefined && signal ? `The process was ended by ${signal}.` : undefined;
}

/** Why the action was not started. A failure of the disk of its folder gets the agent's words, because the user did not cause it. */
export function startText(error: unknown, folder: string): string {
  if (!(error instanceof Error)) return messageOf(error);
  const place = "path" in error ? error.path : "address" in error ? error.address : undefined;
  const isOfFolder = typeof place === "string" && place.startsWith(folder);
  const failure = isOfFolder ? diskFailure(error, folder) : undefined;
  return failure ? `The action was not started: ${failure.text}.` : error.message;
}
