import * as v from "valibot";
import { KEPT_DAYS_MAX } from "../base/limits.ts";
import { COMPLETED } from "./status.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const days = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(KEPT_DAYS_MAX));

/** How long one run is kept: days behind its end, fractions welcome; 0 keeps for ever. What is left out is as the action has it. */
export const RunRetention = v.strictObject({
  output_ttl_days: v.exactOptional(days),
  execution_ttl_days: v.exactOptional(days),
});
export type RunRetention = v.InferOutput<typeof RunRetention>;

/** What an action says of the output of its runs. What is left out is as the server has it. */
export const OutputSettings = v.strictObject({
  ...RunRetention.entries,
  /** False: nothing is streamed or stored but the result. */
  stream_output: v.exactOptional(v.boolean()),
  /** What one run's output may take; beyond it the middle is cut out. 0 sets no limit. */
  output_bytes_max: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
});
export type OutputSettings = v.InferOutput<typeof OutputSettings>;

/** What is left of an output that has expired: how the execution ended, how much there was, and when it went. */
export const Tombstone = v.object({
  status: v.picklist(COMPLETED),
  exit_code: v.nullable(v.number()),
  last_seq: count,
  bytes: v.object({ stdout: count, stderr: count, other: count }),
  gaps: count,
  expired: v.string(),
});
export type Tombstone = v.InferOutput<typeof Tombstone>;
