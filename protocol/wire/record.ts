import * as v from "valibot";
import { parseJson } from "../base/json.ts";
import { COMPLETED, STATUSES } from "../base/status.ts";
import { Chunk } from "./chunk.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/**
 * The execution is in this status now. Sent on connect, where it says how far the log goes, too, and at each change but the
 * last, which is the end.
 */
export const StatusEvent = v.object({
  event: v.literal("status"),
  status: v.picklist(STATUSES),
  last_seq: v.exactOptional(count),
  timestamp: v.string(),
});

/** There is no more, ever. Comes after all output; says how much there was, so that a reader can prove it has all. */
export const EndEvent = v.object({
  event: v.literal("end"),
  status: v.picklist(COMPLETED),
  exit_code: v.nullable(v.number()),
  last_seq: count,
  bytes: v.object({ stdout: count, stderr: count, other: count }),
  gaps: count,
  timestamp: v.string(),
});
export type EndEvent = v.InferOutput<typeof EndEvent>;

/** There is no more for now: the last record of a read that does not follow. */
export const UpToDateEvent = v.object({ event: v.literal("up_to_date"), last_seq: count });

/** The follower has used up its credit, the log goes on to `last_seq`; it gets more once it grants some: `{"credit": N}`. */
export const CreditEvent = v.object({ event: v.literal("credit"), last_seq: count });

/** The read failed for a reason that trying again does not mend. */
export const ErrorEvent = v.object({ event: v.literal("error"), code: v.string(), faultstring: v.string() });

/** A record that is not a chunk. */
export const ControlEvent = v.variant("event", [
  StatusEvent,
  EndEvent,
  UpToDateEvent,
  CreditEvent,
  ErrorEvent,
]);
export type ControlEvent = v.InferOutput<typeof ControlEvent>;

/**
 * One line of a followed execution: a chunk (has `seq`) or an event (has `event`). A WebSocket message is one
 * or more of these lines; the NDJSON response is all of them.
 */
export type FollowRecord = Chunk | ControlEvent;

/** Reads one line that our own server wrote. Throws on a line that is neither; skips event names of a later version. */
export function readRecord(line: string): FollowRecord | undefined {
  const value = parseJson(line);
  if (typeof value === "object" && value !== null && "event" in value) {
    const parsed = v.safeParse(ControlEvent, value);
    return parsed.success ? parsed.output : undefined;
  }
  return v.parse(Chunk, value);
}

export function isChunk(record: FollowRecord): record is Chunk {
  return "seq" in record;
}

/** The grant of a follower: it has consumed this many more characters of what it was sent. */
export const CreditGrant = v.strictObject({
  credit: v.pipe(v.number(), v.integer(), v.minValue(1)),
});
