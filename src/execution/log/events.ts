import { isCompleted } from "../../../protocol/base/status.ts";
import { timestamp } from "../../../protocol/base/time.ts";
import { encodeChunk } from "../../../protocol/wire/line.ts";
import type { ControlEvent, EndEvent } from "../../../protocol/wire/record.ts";
import type { BatchHead, Totals } from "../../objects/log.ts";
import type { ExecutionState } from "../state/state.ts";

/**
 * The current status; undefined for a completed execution, because only the end record, after all output, reports the
 * completion.
 */
export function statusEvent({ log }: ExecutionState): ControlEvent | undefined {
  const latest = log.at(-1);
  return latest && !isCompleted(latest.status) ? { event: "status", ...latest } : undefined;
}

/** The record that ends every follower; undefined while the execution has not completed. */
export function endEvent(
  { status, exit_code, end_ms }: ExecutionState,
  { last_seq, bytes, gaps }: Totals,
): EndEvent | undefined {
  if (!isCompleted(status) || end_ms === null) return undefined;
  return { event: "end", status, exit_code, last_seq, bytes, gaps, timestamp: timestamp(end_ms) };
}

/** A batch for the end of a log: one gap of unknown size. */
export function gapBatch(
  seq: number,
  reason: "agent_lost" | "agent_restarted",
  now_ms: number,
): { head: BatchHead; body: string } {
  const gap = { reason, bytes: null };
  const bytes = { stdout: 0, stderr: 0, other: 0 };
  return {
    head: { first_seq: seq, last_seq: seq, bytes, gaps: 1, lines: { ...bytes, other: 1 } },
    body: encodeChunk({ seq, timestamp: timestamp(now_ms), output_type: "other", gap, data: "" }),
  };
}
