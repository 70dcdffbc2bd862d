import { messageOf } from "../../../../protocol/base/failure-text.ts";
import { RESULT_BYTES_MAX } from "../../../../protocol/base/limits.ts";
import { isStructure } from "../../../../protocol/base/numbers.ts";
import { boundedResult, fairShare, jsonBytes, shortened } from "../../../../protocol/model/result.ts";
import type { ExecutionSpec } from "../../../objects/spec.ts";
import type { Child } from "../../state/child.ts";
import type { Children } from "../../state/children.ts";
import type { Progress } from "../../state/progress.ts";

/**
 * A chain's result in StackStorm's form: each task with its execution and result, and the published variables. All of it
 * together is bounded as one result: the tasks share the bytes that the rest leaves.
 */
export function chainResult(
  children: Children,
  { published, error }: Pick<Progress, "published" | "error">,
  display_published: boolean,
): Record<string, unknown> {
  const tasks = children.all().map((task) => taskEntry(children, task));
  const rest = boundedResult(
    { ...(display_published ? { published } : {}), ...(error === null ? {} : { error }) },
    RESULT_BYTES_MAX / 2,
  );
  const sizes = children.resultSizes();
  const room = RESULT_BYTES_MAX - jsonBytes({ tasks, ...rest }) - tasks.length * RESULT_KEY_BYTES;
  const share = fairShare([...sizes.values()], room);
  return {
    tasks: children.all().map((task, at) => ({
      ...tasks[at],
      result: sharedResult(children.result(task.id), share),
    })),
    ...rest,
  };
}

/** The bytes around the result in a task's entry. */
const RESULT_KEY_BYTES = `,"result":`.length;

function sharedResult(result: unknown, bytes_max: number): unknown {
  if (isStructure(result) && !Array.isArray(result)) return boundedResult({ ...result }, bytes_max);
  return jsonBytes(result) <= bytes_max ? result : shortened(result, bytes_max);
}

function taskEntry(children: Children, { id, name, state, status, created, updated }: Child) {
  const made = state !== "dropped";
  return {
    id: name,
    name,
    execution_id: made ? id : null,
    liveaction_id: made ? children.draft<ExecutionSpec>(id).liveaction_id : null,
    workflow: null,
    created_at: created,
    updated_at: updated,
    state: status,
  };
}

/** StackStorm's form of an error in a chain. */
export function failure(what: string, error: unknown): string {
  return `${what}. ${messageOf(error)}`;
}
