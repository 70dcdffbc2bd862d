import * as v from "valibot";
import { parseJson } from "../base/json.ts";
import { COMPLETED, STATUSES } from "../base/status.ts";
import { Chunk } from "./chunk.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/**
 * The execution's present status. Sent at the beginning of a connection, with the log's last sequence number, and at each change except
 * the last, which is the end.
 */
export const StatusEvent = v.object({
  event: v.literal("status"),
  status: v.picklist(STATUSES),
  last_seq: v.exactOptional(count),
  timestamp: v.string(),
});

/** The end of the output. It has the output's size, so that a reader can check that nothing is missing. */
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

/** The end of the present output: the last record of a read that does not follow. */
export const UpToDateEvent = v.object({ event: v.literal("up_to_date"), last_seq: count });

/** The follower has no credit left, and the log has chunks up to `last_seq`. It gets more after a grant: `{"credit": N}`. */
export const CreditEvent = v.object({ event: v.literal("credit"), last_seq: count });

/** The read failed, and trying again would not help. */
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
 * One line of a followed execution: a chunk (with `seq`) or an event (with `event`). A WebSocket message has one or more of these lines.
 * An NDJSON response has all of them.
 */
export type FollowRecord = Chunk | ControlEvent;

/** Reads one line from the server. Throws for a line that is neither. Skips events of later versions. */
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

/** A follower's grant: it has consumed this many more characters. */
export const CreditGrant = v.strictObject({
  credit: v.pipe(v.number(), v.integer(), v.minValue(1)),
});
