import { ID_PATTERN } from "../../../protocol/base/id.ts";
import { isStructure } from "../../../protocol/base/numbers.ts";
import { STATUSES } from "../../../protocol/base/status.ts";
import { TIMESTAMP_PATTERN } from "../../../protocol/base/time.ts";
import type { ExecutionSpec } from "../../objects/spec.ts";
import type { Given } from "./given.ts";
import { type Packed, packed, unpacked } from "./packed.ts";
import type { Progress } from "./progress.ts";

type Change = (value: unknown) => unknown;

/** How each kind of sealed value is changed. */
export type StoredChange = Record<"given" | "result" | "secrets" | "chain" | "draft", Change>;

/**
 * Changes the values that came from a user or from a process, and the names in them. Names and values of this program and of
 * an action's metadata stay, because the record cannot be read without them.
 */
export function changeOf({ action }: Pick<ExecutionSpec, "action">, change: Change): StoredChange {
  const chain = action.chain?.chain ?? [];
  const published = chain.flatMap(({ publish }) => Object.keys(publish));
  const names = new Set([...RESULT_NAMES, ...namesWithin(action.output_schema), ...published]);
  const tasks = new Set(chain.map(({ name }) => name));
  const result = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(result);
    if (!isStructure(value)) return change(value);
    const is_task = isTask(value);
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => {
        if (is_task && isOwn(name, item, tasks)) return [name, item];
        return [is_task || names.has(name) ? name : change(name), result(item)];
      }),
    );
  };
  // This program has stored each of these values in the form that the cast names.
  return {
    given: (stored) => changedGiven(stored as Packed<Given>, change),
    result,
    secrets: change,
    chain: (stored) => changedProgress(stored as Progress, change),
    draft: (stored) => changedDraft(stored as Draft, change),
  };
}

/** The names of the parts in the results of runners and of chains. */
const RESULT_NAMES = [
  ...["failed", "succeeded", "return_code", "exit_code", "stdout", "stderr", "result", "error", "shortened"],
  ...["tasks", "published"],
];

const TASK_NAMES = [
  ...["id", "name", "execution_id", "liveaction_id", "workflow", "created_at", "updated_at", "state"],
  "result",
];

/** Whether a part of a result is a chain's entry for a task: it has exactly the names of such an entry. */
function isTask(value: object): boolean {
  const names = Object.keys(value);
  return names.length === TASK_NAMES.length && TASK_NAMES.every((name) => Object.hasOwn(value, name));
}

/** Whether a value in a task's entry is one that this program writes there. */
function isOwn(name: string, value: unknown, tasks: ReadonlySet<string>): boolean {
  if (typeof value !== "string") return false;
  if (name === "id" || name === "name") return tasks.has(value);
  if (name === "execution_id" || name === "liveaction_id") return ID_PATTERN.test(value);
  if (name === "created_at" || name === "updated_at") return TIMESTAMP_PATTERN.test(value);
  return name === "state" && STATUSES.some((status) => status === value);
}

/** The names in a schema: a schema marks secrets by them. */
function namesWithin(schema: unknown): string[] {
  if (!isStructure(schema)) return [];
  return Object.entries(schema).flatMap(([name, item]) => [name, ...namesWithin(item)]);
}

/** The names of parameters belong to the action's metadata and stay. */
function changedGiven<T extends Given>(stored: Packed<T>, change: Change): Packed<T> {
  const whole = unpacked(stored);
  const { parameters, resolved, secrets } = whole;
  // Equal values stay equal, so that each is stored once.
  const known = new Map<unknown, unknown>();
  const once = (value: unknown) => {
    if (!known.has(value)) known.set(value, change(value));
    return known.get(value);
  };
  return packed({
    ...whole,
    parameters: changedValues(parameters, once),
    resolved: {
      runner: changedValues(resolved.runner, once),
      action: changedValues(resolved.action, once),
    },
    ...(secrets === undefined ? {} : { secrets: secrets.map((text) => String(change(text))) }),
  });
}

function changedValues(values: Record<string, unknown>, change: Change): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

/** The names of variables belong to the chain's metadata and stay. */
function changedProgress(progress: Progress, change: Change): Progress {
  const { parameters, vars, published, error, secrets } = progress;
  return {
    ...progress,
    parameters: changedValues(parameters, change),
    vars: changedValues(vars, change),
    published: changedValues(published, change),
    error: error === null ? null : String(change(error)),
    secrets: secrets.map((text) => String(change(text))),
  };
}

/** The draft of a host's or a task's execution; null for a task that could not be made. */
type Draft = { address: string } | Packed<ExecutionSpec> | null;

function changedDraft(draft: Draft, change: Change): Draft {
  if (draft === null) return null;
  if ("address" in draft) return { ...draft, address: String(change(draft.address)) };
  return changedGiven(draft, change);
}
