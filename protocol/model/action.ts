import * as v from "valibot";
import { messageOf } from "../base/failure-text.ts";
import { PACKS_MAX, REGISTER_ACTIONS_MAX } from "../base/limits.ts";
import { namedValues } from "../base/named-values.ts";
import { Chain } from "./chain.ts";
import { checkTags } from "./tags.ts";

const name = v.pipe(v.string(), v.regex(/^[\w-]+$/), v.maxLength(128));
const actionName = v.pipe(v.string(), v.regex(/^[\w.-]+$/), v.maxLength(128));

/** All runners. Their ids follow this order, so the list only grows at its end. */
export const RUNNERS = [
  "local-shell-cmd",
  "local-shell-script",
  "remote-shell-cmd",
  "remote-shell-script",
  "python-script",
  "noop",
  "action-chain",
  "http-request",
] as const;
export const RunnerName = v.picklist(RUNNERS);
export type RunnerName = v.InferOutput<typeof RunnerName>;

/** The runner of action chains: its executions start others and need no agent. */
export const CHAIN_RUNNER = "action-chain";

/** The runners that an agent may announce. */
export const AGENT_RUNNERS = RUNNERS.filter((name) => name !== CHAIN_RUNNER);
export const AgentRunnerName = v.picklist(AGENT_RUNNERS);
export type AgentRunnerName = v.InferOutput<typeof AgentRunnerName>;

/** StackStorm's runners that Tailrace does not have. An action of one is listed, and a run of it is refused. */
export const MISSING_RUNNERS = [
  "announcement",
  "cloudslang",
  "inquirer",
  "mistral-v1",
  "mistral-v2",
  "orquesta",
  "windows-cmd",
  "windows-script",
  "winrm-cmd",
  "winrm-ps-cmd",
  "winrm-ps-script",
] as const;
export type MissingRunnerName = (typeof MISSING_RUNNERS)[number];

/** One parameter of an action or runner: JSON Schema (draft 4) with StackStorm's own words. */
export const Parameter = v.looseObject({
  type: v.optional(v.union([v.string(), v.array(v.string())])),
  description: v.optional(v.string()),
  default: v.optional(v.unknown()),
  required: v.optional(v.boolean()),
  secret: v.optional(v.boolean()),
  immutable: v.optional(v.boolean()),
  enum: v.optional(v.array(v.unknown())),
  position: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
});
export type Parameter = v.InferOutput<typeof Parameter>;

/**
 * JSON Schema of an output. StackStorm's older packs give only its properties, so its names may be any: a loose object of valibot drops
 * `constructor` and `prototype`, and a secret value of this name would be shown.
 */
const OutputSchema = v.pipe(
  namedValues(v.string(), v.unknown()),
  v.rawTransform<Record<string, unknown>, Parameter>(({ dataset: { value }, addIssue, NEVER }) => {
    const { success, output, issues } = v.safeParse(Parameter, value);
    if (success) return { ...value, ...output };
    for (const { message, path } of issues) addIssue(path ? { message, path } : { message });
    return NEVER;
  }),
);

export const Parameters = namedValues(v.pipe(v.string(), v.regex(/^\w+$/)), Parameter);
export type Parameters = v.InferOutput<typeof Parameters>;

/** StackStorm's tags. Ours (`tailrace.…`) are settings and are checked. */
const Tags = v.pipe(
  v.array(v.unknown()),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      checkTags(dataset.value);
    } catch (error) {
      addIssue({ message: messageOf(error) });
    }
  }),
);

/** An action's metadata as an agent registers it; its script stays on the host. */
export const ActionSpec = v.object({
  pack: name,
  name: actionName,
  description: v.optional(v.string(), ""),
  enabled: v.optional(v.boolean(), true),
  entry_point: v.optional(v.string(), ""),
  /** The path of the metadata in the pack. */
  metadata_file: v.exactOptional(v.string()),
  runner_type: v.picklist([...RUNNERS, ...MISSING_RUNNERS]),
  parameters: v.optional(Parameters, {}),
  tags: v.optional(Tags, []),
  /** JSON Schema of the value under the runner's `output_key` in the result. */
  output_schema: v.exactOptional(OutputSchema),
  notify: v.exactOptional(v.record(v.string(), v.unknown())),
  /** The content of an `action-chain`'s entry point. */
  chain: v.exactOptional(Chain),
});
export type ActionSpec = v.InferOutput<typeof ActionSpec>;

/** An action of one pool, as StackStorm's API shows it. */
export const Action = v.object({
  ...ActionSpec.entries,
  id: v.string(),
  uid: v.string(),
  ref: v.string(),
  /** Ours: the pool that offers it. */
  pool: v.string(),
});
export type Action = v.InferOutput<typeof Action>;

/** The parameters of an action's runner and its own, as StackStorm's view shows them. */
export const ActionParameters = v.object({ parameters: Parameters });

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
  /** The key of the value that an action's `output_schema` describes. */
  output_key: v.string(),
  /** The schema of a result. */
  output_schema: v.record(v.string(), v.unknown()),
});
export type RunnerType = v.InferOutput<typeof RunnerType>;

/** A pack's own metadata, as its `pack.yaml` has it. */
export const PackSpec = v.object({
  ref: name,
  name: v.pipe(v.string(), v.maxLength(128)),
  version: v.optional(v.string(), ""),
  description: v.optional(v.string(), ""),
  author: v.optional(v.string(), ""),
});
export type PackSpec = v.InferOutput<typeof PackSpec>;

/** A pack as StackStorm's API shows it, with how many actions it has. */
export const Pack = v.object({
  ...PackSpec.entries,
  id: v.string(),
  uid: v.string(),
  actions: v.number(),
  /** Ours: the pool of the agents that have it. */
  pool: v.string(),
});
export type Pack = v.InferOutput<typeof Pack>;

/** An action as it is registered. A chain has its tasks; other actions have none. */
export const RegisteredAction = v.pipe(
  ActionSpec,
  v.check(
    ({ runner_type, chain }) => (runner_type === CHAIN_RUNNER) === (chain !== undefined),
    "an action-chain has a chain, and no other action has one",
  ),
);

/** Registers packs' actions in one request: each named pack gets exactly these. */
export const RegisterActions = v.strictObject({
  packs: v.optional(v.pipe(v.array(PackSpec), v.maxLength(PACKS_MAX)), []),
  actions: v.pipe(v.array(RegisteredAction), v.maxLength(REGISTER_ACTIONS_MAX)),
});
export type RegisterActions = v.InferInput<typeof RegisterActions>;
