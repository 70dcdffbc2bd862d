import * as v from "valibot";
import { readLabels } from "./label.ts";
import { Placement } from "./pool.ts";
import { OutputSettings } from "./retention.ts";

/** The settings in an action's tags: the placement of its runs, and the retention of their output. */
const TagSettings = v.strictObject({ ...OutputSettings.entries, ...Placement.entries });
type TagSettings = v.InferOutput<typeof TagSettings>;

/** The prefix of our tags: `{name: tailrace.output_ttl_days, value: "30"}`. */
const TAG_PREFIX = "tailrace.";

const Tag = v.object({ name: v.pipe(v.string(), v.startsWith(TAG_PREFIX)), value: v.unknown() });

/**
 * An action's settings, which are in its `tags`: StackStorm's loader refuses an action with an unknown key. Its tags are
 * texts, so `"30"` is 30 and `"false"` is false. Throws for a wrong setting.
 */
function tagSettings(tags: unknown[]): TagSettings {
  const given: Record<string, unknown> = {};
  for (const tag of tags) {
    if (!v.is(Tag, tag)) continue;
    const { value } = tag;
    const name = tag.name.slice(TAG_PREFIX.length);
    given[name] = typeof value === "string" ? fromText(name, value) : value;
  }
  const settings = v.safeParse(TagSettings, given);
  if (settings.success) return settings.output;
  const [issue] = settings.issues;
  throw new Error(`${TAG_PREFIX}${String(issue.path?.[0]?.key)}: ${issue.message}`);
}

/** The settings of an action's tags for the output of its runs. */
export function outputSettings(tags: unknown[]): OutputSettings {
  const { pool: _, labels: __, queue_timeout_seconds: ___, ...output } = tagSettings(tags);
  return output;
}

/** The settings of an action's tags for the placement of its runs: `pool`, `labels` (`gpu=a100, zone=eu`) and `queue_timeout_seconds`. */
export function placementSettings(tags: unknown[]): Placement {
  const { pool, labels, queue_timeout_seconds } = tagSettings(tags);
  return {
    ...(pool === undefined ? {} : { pool }),
    ...(labels === undefined ? {} : { labels }),
    ...(queue_timeout_seconds === undefined ? {} : { queue_timeout_seconds }),
  };
}

/** Throws for a wrong setting in an action's tags. */
export function checkTags(tags: unknown[]): void {
  tagSettings(tags);
}

function fromText(name: string, text: string): unknown {
  if (name === "pool") return text;
  if (name === "labels") return readLabels(text.split(",").map((label) => label.trim()));
  if (text === "true" || text === "false") return text === "true";
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
