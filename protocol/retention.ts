import * as v from "valibot";
import { KEPT_DAYS_MAX } from "./limits.ts";
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

/** The tags that are ours begin so: `{name: tailrace.output_ttl_days, value: "30"}`. */
const TAG_PREFIX = "tailrace.";

const Tag = v.object({ name: v.pipe(v.string(), v.startsWith(TAG_PREFIX)), value: v.unknown() });

/**
 * An action's settings, which stand in its `tags`: the one place for them that StackStorm takes, whose own loader refuses
 * an action with a key that it does not know. Its tags are texts, so `"30"` is 30 and `"false"` false. Throws what is wrong.
 */
export function outputSettings(tags: unknown[]): OutputSettings {
  const given: Record<string, unknown> = {};
  for (const tag of tags) {
    if (!v.is(Tag, tag)) continue;
    const { value } = tag;
    given[tag.name.slice(TAG_PREFIX.length)] = typeof value === "string" ? fromText(value) : value;
  }
  const settings = v.safeParse(OutputSettings, given);
  if (settings.success) return settings.output;
  const [issue] = settings.issues;
  throw new Error(`${TAG_PREFIX}${String(issue.path?.[0]?.key)}: ${issue.message}`);
}

function fromText(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
