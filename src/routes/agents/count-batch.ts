import { countAppend } from "../../base/isolate.ts";
import type { BatchHead } from "../../objects/log.ts";

/** The beginning of a line has the time of its chunk. */
const STAMP = /"timestamp":"([^"]+)"/;

/** Counts a batch that was committed now. */
export function countBatch({
  head: { bytes },
  body,
  arrived_ms,
}: {
  head: Pick<BatchHead, "bytes">;
  body: string;
  arrived_ms: number;
}): void {
  const now_ms = Date.now();
  const last = body.slice(body.lastIndexOf("\n", body.length - 2) + 1).slice(0, STAMP_CHARS_MAX);
  const stamped_ms = Date.parse(STAMP.exec(last)?.[1] ?? "");
  const age_ms = Number.isNaN(stamped_ms) ? 0 : now_ms - stamped_ms;
  countAppend(now_ms - arrived_ms, age_ms, bytes.stdout + bytes.stderr + bytes.other);
}

/** The time comes first or second in a line. */
const STAMP_CHARS_MAX = 200;
