import * as v from "valibot";
import { KEPT_DAYS_MAX } from "../base/limits.ts";

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
