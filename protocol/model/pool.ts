import * as v from "valibot";
import { QUEUE_TIMEOUT_SECONDS_MAX } from "../base/limits.ts";
import { Labels } from "./label.ts";

/** The name of a pool. */
export const PoolName = v.pipe(
  v.string(),
  v.regex(/^[\w.-]{1,128}$/, "a pool's name has up to 128 letters, digits and . _ -"),
);

/** Seconds that an execution may wait for an agent; then it ends as `timeout`. */
export const QueueTimeout = v.pipe(
  v.number(),
  v.finite(),
  v.minValue(1, "it must be at least one second"),
  v.maxValue(QUEUE_TIMEOUT_SECONDS_MAX),
);

/** The placement of a run: pool, labels and the longest wait, from a request, a chain's task or an action's tags. */
export const Placement = v.strictObject({
  pool: v.exactOptional(PoolName),
  labels: v.exactOptional(Labels),
  queue_timeout_seconds: v.exactOptional(QueueTimeout),
});
export type Placement = v.InferOutput<typeof Placement>;
