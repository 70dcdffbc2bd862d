import type { Action } from "../../../protocol/model/action.ts";
import type { OutputSettings, RunRetention } from "../../../protocol/model/retention.ts";
import { outputSettings } from "../../../protocol/model/tags.ts";

/** How long an execution is kept, and what of its output: fixed when it is made. */
export type Keeping = Required<OutputSettings>;

/** What holds for one execution: what the run asks for, else what its action says, else the server. */
export function keepingOf(env: Env, action: Action, wish: RunRetention = {}): Keeping {
  return {
    output_ttl_days: env.OUTPUT_TTL_DAYS,
    execution_ttl_days: env.EXECUTION_TTL_DAYS,
    // Set by hand, as `--var` or in a dashboard, it is a text.
    stream_output: String(env.STREAM_OUTPUT) !== "false",
    output_bytes_max: env.OUTPUT_BYTES_MAX,
    ...outputSettings(action.tags),
    ...wish,
  };
}
