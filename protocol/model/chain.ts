import * as v from "valibot";
import { CHAIN_TASKS_MAX } from "../base/limits.ts";
import { namedValues } from "../base/named-values.ts";
import { Labels } from "./label.ts";
import { PoolName } from "./pool.ts";

const taskName = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
/** YAML writes an absent value as null. */
const next = v.pipe(
  v.optional(v.nullable(v.string()), ""),
  v.transform((name) => name ?? ""),
);
const values = v.pipe(
  v.optional(v.nullable(namedValues(v.string(), v.unknown())), {}),
  v.transform((given) => given ?? {}),
);
const variables = v.pipe(
  v.optional(v.nullable(namedValues(v.pipe(v.string(), v.regex(/^\w+$/)), v.unknown())), {}),
  v.transform((given) => given ?? {}),
);

/** One task of a chain: an action to run, and the tasks that may follow. StackStorm ignores unknown keys. */
export const ChainTask = v.pipe(
  v.object({
    name: taskName,
    /** The name that readers see. */
    display_name: v.exactOptional(taskName),
    ref: v.string(),
    /** The older name of `parameters`. */
    params: values,
    parameters: values,
    "on-success": next,
    "on-failure": next,
    publish: variables,
    notify: v.exactOptional(v.nullable(v.record(v.string(), v.unknown()))),
    /** Ours: the task's pool, if not its chain's, and the labels that its agent must have. */
    pool: v.exactOptional(v.nullable(PoolName)),
    labels: v.exactOptional(v.nullable(Labels)),
  }),
  v.check(
    ({ params, parameters }) => Object.keys(params).length === 0 || Object.keys(parameters).length === 0,
    'Either "params" or "parameters" attribute needs to be provided, but not both',
  ),
);
export type ChainTask = v.InferOutput<typeof ChainTask>;

/** A chain of actions in StackStorm's form: the content of the file that an `action-chain` action's `entry_point` names. */
export const Chain = v.pipe(
  v.strictObject({
    chain: v.pipe(
      v.array(ChainTask),
      v.minLength(1, "a chain has at least one task"),
      v.maxLength(CHAIN_TASKS_MAX),
    ),
    /** The first task; without it, the first task that does not follow another. */
    default: v.exactOptional(v.nullable(v.string())),
    vars: variables,
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const { keys, reason } of brokenLinks(dataset.value)) {
      addIssue({ message: reason, path: pathOf(dataset.value, keys) });
    }
  }),
);
export type Chain = v.InferOutput<typeof Chain>;

/** The first task of a chain (StackStorm's rule). */
export function firstTask({
  chain,
  default: named,
}: Pick<Chain, "chain" | "default">): ChainTask | undefined {
  if (named) return chain.find(({ name }) => name === named);
  const led_to = new Set(chain.flatMap((task) => [task["on-success"], task["on-failure"]]));
  return chain.find(({ name }) => !led_to.has(name)) ?? chain[0];
}

interface BrokenLink {
  keys: [string, ...(string | number)[]];
  reason: string;
}

/** Names of unknown tasks, and duplicate names, in StackStorm's words. */
function brokenLinks({ chain, default: named }: Pick<Chain, "chain" | "default">): BrokenLink[] {
  const names = chain.map(({ name }) => name);
  const broken: BrokenLink[] = [];
  for (const [at, task] of chain.entries()) {
    if (names.indexOf(task.name) !== at) {
      broken.push({ keys: ["chain", at, "name"], reason: `there is another task "${task.name}"` });
    }
    for (const key of ["on-success", "on-failure"] as const) {
      if (task[key] === "" || names.includes(task[key])) continue;
      const reason = `Unable to find node with name "${task[key]}" referenced in "${key}" in task "${task.name}".`;
      broken.push({ keys: ["chain", at, key], reason });
    }
  }
  if (named && !names.includes(named)) {
    const reason = `Unable to find node with name "${named}" referenced in "default".`;
    broken.push({ keys: ["default"], reason });
  }
  return broken;
}

function pathOf(input: object, keys: BrokenLink["keys"]): [v.IssuePathItem, ...v.IssuePathItem[]] {
  const items = keys.map(
    (key): v.UnknownPathItem => ({ type: "unknown", origin: "value", input, key, value: undefined }),
  );
  const [first, ...rest] = items;
  if (!first) throw new Error("a path has at least one key");
  return [first, ...rest];
}
