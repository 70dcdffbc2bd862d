import { FAMILY_RESULT_CHARS_MAX } from "../../../protocol/limits.ts";
import type { Child, Children } from "../children.ts";
import { boundedResult } from "../hosts.ts";
import type { ExecutionSpec } from "../state.ts";
import type { Progress } from "./progress.ts";

/** A chain's result in StackStorm's form: each task with its execution and result, and what was published. */
export function chainResult(
  children: Children,
  { published, error }: Pick<Progress, "published" | "error">,
  display_published: boolean,
): Record<string, unknown> {
  const tasks = children.all();
  const results = children.results();
  return {
    tasks: tasks.map((task) => ({
      ...taskEntry(children, task),
      result: boundedResult(results.get(task.position) ?? null, FAMILY_RESULT_CHARS_MAX / tasks.length),
    })),
    ...(display_published ? { published } : {}),
    ...(error === null ? {} : { error }),
  };
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

/** StackStorm's form of what went wrong in a chain. */
export function failure(what: string, error: unknown): string {
  return `${what}. ${error instanceof Error ? error.message : String(error)}`;
}
