import * as v from "valibot";

const name = v.pipe(v.string(), v.regex(/^[\w-]+$/), v.maxLength(128));

/** The runners that an agent may announce. */
export const RUNNERS = ["local-shell-cmd", "local-shell-script"] as const;
export const RunnerName = v.picklist(RUNNERS);
export type RunnerName = v.InferOutput<typeof RunnerName>;

/** One parameter of an action or runner: JSON Schema (draft 4) with StackStorm's own words. */
export const Parameter = v.looseObject({
  type: v.optional(v.string()),
  description: v.optional(v.string()),
  default: v.optional(v.unknown()),
  required: v.optional(v.boolean()),
  secret: v.optional(v.boolean()),
  immutable: v.optional(v.boolean()),
  enum: v.optional(v.array(v.unknown())),
  position: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
});
export type Parameter = v.InferOutput<typeof Parameter>;

export const Parameters = v.record(v.pipe(v.string(), v.regex(/^\w+$/)), Parameter);
export type Parameters = v.InferOutput<typeof Parameters>;

/** An action's metadata as an agent registers it; its script stays on the host. */
export const ActionSpec = v.object({
  pack: name,
  name,
  description: v.optional(v.string(), ""),
  enabled: v.optional(v.boolean(), true),
  entry_point: v.optional(v.string(), ""),
  runner_type: RunnerName,
  parameters: v.optional(Parameters, {}),
  tags: v.optional(v.array(v.unknown()), []),
});
export type ActionSpec = v.InferOutput<typeof ActionSpec>;

/** An action as StackStorm's API shows it. */
export const Action = v.object({ ...ActionSpec.entries, id: v.string(), uid: v.string(), ref: v.string() });
export type Action = v.InferOutput<typeof Action>;

/** A runner as StackStorm's API shows it. */
export const RunnerType = v.object({
  id: v.string(),
  uid: v.string(),
  name: RunnerName,
  description: v.string(),
  enabled: v.boolean(),
  runner_package: v.string(),
  runner_module: v.string(),
  runner_parameters: Parameters,
});
export type RunnerType = v.InferOutput<typeof RunnerType>;

/** What registers a pack's actions: all of them at once, replacing what the pack had. */
export const RegisterActions = v.strictObject({ actions: v.pipe(v.array(ActionSpec), v.maxLength(1000)) });
