import type { Action } from "../../../protocol/model/action.ts";
import type { OutputSettings, RunRetention } from "../../../protocol/model/retention.ts";
import { outputSettings } from "../../../protocol/model/tags.ts";

/** How long an execution is kept, and how much of its output. It is fixed at its creation. */
export type Keeping = Required<OutputSettings>;

/** The settings of one execution: those of the run, else of its action, else of the server. */
export function keepingOf(env: Env, action: Action, of_run: RunRetention = {}): Keeping {
  return {
    output_ttl_days: env.OUTPUT_TTL_DAYS,
    execution_ttl_days: env.EXECUTION_TTL_DAYS,
    // A setting that is changed with `--var` or in the dashboard is a string.
    stream_output: String(env.STREAM_OUTPUT) !== "false",
    output_bytes_max: env.OUTPUT_BYTES_MAX,
    ...outputSettings(action.tags),
    ...of_run,
  };
}
