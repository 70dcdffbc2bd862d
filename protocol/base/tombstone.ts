import * as v from "valibot";
import { COMPLETED } from "./status.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** The rest of an expired output: how the execution ended, how much output it had, and when the output was deleted. */
export const Tombstone = v.object({
  status: v.picklist(COMPLETED),
  exit_code: v.nullable(v.number()),
  last_seq: count,
  bytes: v.object({ stdout: count, stderr: count, other: count }),
  gaps: count,
  expired: v.string(),
});
export type Tombstone = v.InferOutput<typeof Tombstone>;
