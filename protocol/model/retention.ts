import * as v from "valibot";
import { KEPT_DAYS_MAX } from "../base/limits.ts";

const days = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(KEPT_DAYS_MAX));

/** How long one run is kept: days after its end, also fractions; 0 sets no end. A missing field means the action's setting. */
export const RunRetention = v.strictObject({
  output_ttl_days: v.exactOptional(days),
  execution_ttl_days: v.exactOptional(days),
});
export type RunRetention = v.InferOutput<typeof RunRetention>;

/** An action's settings for the output of its runs. A missing field means the server's setting. */
export const OutputSettings = v.strictObject({
  ...RunRetention.entries,
  /** False: only the result is stored, and no output is streamed. */
  stream_output: v.exactOptional(v.boolean()),
  /** The limit of one run's output; beyond it the middle is cut out. 0 sets no limit. */
  output_bytes_max: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
});
export type OutputSettings = v.InferOutput<typeof OutputSettings>;
