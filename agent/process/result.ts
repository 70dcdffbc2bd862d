import { constants } from "node:os";
import { boundedResultText, type EndExecution } from "../../protocol/agent.ts";
import { parseJson } from "../../protocol/json.ts";
import { RESULT_STREAM_BYTES_MAX, VALUE_DEPTH_MAX } from "../../protocol/limits.ts";
import type { Exit } from "./child.ts";

/** The head and the tail of a stream, for the result; memory is bounded however much there is. */
export class StreamText {
  readonly #head: Buffer[] = [];
  #head_bytes = 0;
  #tail: Buffer[] = [];
  #tail_bytes = 0;
  #left_out_bytes = 0;

  add(bytes: Buffer): void {
    const room = HALF_BYTES - this.#head_bytes;
    if (room > 0) {
      const head = Buffer.from(bytes.subarray(0, room));
      this.#head.push(head);
      this.#head_bytes += head.length;
    }
    if (bytes.length <= room) return;
    this.#tail.push(Buffer.from(bytes.subarray(Math.max(room, 0))));
    this.#tail_bytes += bytes.length - Math.max(room, 0);
    // Trimmed once there is twice too much, so that each byte is copied once or twice and not every time.
    if (this.#tail_bytes > 2 * HALF_BYTES) this.#trim();
  }

  /** The text as StackStorm's results have it: without the last line end, decoded where it happens to be JSON. */
  value(): unknown {
    this.#trim();
    const head = Buffer.concat(this.#head);
    const tail = Buffer.concat(this.#tail);
    const text = boundedText(head, this.#left_out_bytes, tail);
    // JSON writes a control character as six: a result full of them is cut shorter.
    if (Buffer.byteLength(JSON.stringify(text)) > 2 * RESULT_STREAM_BYTES_MAX) {
      const keep = HALF_BYTES / 6;
      const ends = tail.length > 0 ? tail : head.subarray(head.length / 2);
      const begins = tail.length > 0 ? head : head.subarray(0, head.length / 2);
      const cut = begins.length + ends.length - 2 * keep;
      return boundedText(begins.subarray(0, keep), this.#left_out_bytes + cut, ends.subarray(-keep));
    }
    return this.#left_out_bytes > 0 ? text : decoded(text);
  }

  #trim(): void {
    if (this.#tail_bytes <= HALF_BYTES) return;
    const excess = this.#tail_bytes - HALF_BYTES;
    this.#tail = [Buffer.concat(this.#tail).subarray(excess)];
    this.#tail_bytes = HALF_BYTES;
    this.#left_out_bytes += excess;
  }
}

const HALF_BYTES = RESULT_STREAM_BYTES_MAX / 2;

/** The text, with a note of what is left out, and without its last line end. */
function boundedText(head: Buffer, left_out_bytes: number, tail: Buffer): string {
  // A character that the cut goes through is shown whole in the output only.
  const text = left_out_bytes === 0 ? Buffer.concat([head, tail]).toString("utf8") : "";
  const bounded = text || boundedResultText(head.toString("utf8"), left_out_bytes, tail.toString("utf8"));
  return bounded.replace(/\n$/, "").replace(/\r$/, "");
}

/** What is no JSON, or is nested too deep, stays the text that it is. */
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

/** The end of a shell runner's execution: status and result as StackStorm's have them. */
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

/** StackStorm's number for how a process ended: its exit code, or the signal's below zero; -9 for a timeout. */
export function returnCode({ code, signal }: Exit, ended: Ended): number {
  return ended?.why === "timeout" ? -9 : (code ?? -(constants.signals[signal ?? "SIGKILL"] ?? 0));
}

/** The end of an execution whose process could not be started, or was lost. */
export function failedEnd(error: string, status: "failed" | "abandoned" = "failed"): End {
  return { status, exit_code: null, result: { failed: true, succeeded: false, error } };
}

/** The end of an execution that was to end before its process was started. */
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
