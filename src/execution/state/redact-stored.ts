import { ID_PATTERN } from "../../../protocol/base/id.ts";
import { isStructure } from "../../../protocol/base/numbers.ts";
import { STATUSES } from "../../../protocol/base/status.ts";
import { TIMESTAMP_PATTERN } from "../../../protocol/base/time.ts";
import type { ExecutionSpec } from "../../objects/spec.ts";
import type { Progress } from "../family/chain/progress.ts";
import type { Given } from "./given.ts";
import { type Packed, packed, unpacked } from "./packed.ts";

type Change = (value: unknown) => unknown;

/** What each sealed value becomes, by what it is stored as. */
export type StoredChange = Record<"given" | "result" | "secrets" | "chain" | "draft", Change>;

/**
 * Changes the values that came from a user or from a process, and the names in them. Names and values that are the
 * program's own, or an action's metadata, stay: the record is read by them.
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
  // Each is stored by this program, in the form that it is read in elsewhere.
  return {
    given: (stored) => changedGiven(stored as Packed<Given>, change),
    result,
    secrets: change,
    chain: (stored) => changedProgress(stored as Progress, change),
    draft: (stored) => changedDraft(stored as Draft, change),
  };
}

/** What the runners' and the chains' results call their parts. */
const RESULT_NAMES = [
  ...["failed", "succeeded", "return_code", "exit_code", "stdout", "stderr", "result", "error", "shortened"],
  ...["tasks", "published"],
];

const TASK_NAMES = [
  ...["id", "name", "execution_id", "liveaction_id", "workflow", "created_at", "updated_at", "state"],
  "result",
];

/** Whether a part of a result is what a chain tells of a task: it has all that such a part has, and nothing else. */
function isTask(value: object): boolean {
  const names = Object.keys(value);
  return names.length === TASK_NAMES.length && TASK_NAMES.every((name) => Object.hasOwn(value, name));
}

/** Whether a value of a task's part is of the kind that the program itself writes there. */
function isOwn(name: string, value: unknown, tasks: ReadonlySet<string>): boolean {
  if (typeof value !== "string") return false;
  if (name === "id" || name === "name") return tasks.has(value);
  if (name === "execution_id" || name === "liveaction_id") return ID_PATTERN.test(value);
  if (name === "created_at" || name === "updated_at") return TIMESTAMP_PATTERN.test(value);
  return name === "state" && STATUSES.some((status) => status === value);
}

/** Names of a schema, which says by them what is secret. */
function namesWithin(schema: unknown): string[] {
  if (!isStructure(schema)) return [];
  return Object.entries(schema).flatMap(([name, item]) => [name, ...namesWithin(item)]);
}

/** Parameters' own names are of the action's metadata. */
function changedGiven<T extends Given>(stored: Packed<T>, change: Change): Packed<T> {
  const whole = unpacked(stored);
  const { parameters, resolved, secrets } = whole;
  // What is the same value stays the same, so that it is stored once.
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

/** Variables' names are of the chain's metadata. */
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

/** What a host's or a task's execution is made from; null for a task that could not be. */
type Draft = { address: string } | Packed<ExecutionSpec> | null;

function changedDraft(draft: Draft, change: Change): Draft {
  if (draft === null) return null;
  if ("address" in draft) return { ...draft, address: String(change(draft.address)) };
  return changedGiven(draft, change);
}
