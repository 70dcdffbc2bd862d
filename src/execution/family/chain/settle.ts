import { RenderingError } from "../../../../protocol/templates/mapping.ts";
import type { Child } from "../children.ts";
import { failedWith, type Progress } from "./progress.ts";
import { renderInScope, type ScopeParts } from "./scope.ts";
import { taskOf } from "./task.ts";

/** How far a chain is now that a task has ended: what that is to publish is published, and the next is chosen. */
export async function settleTask(
  parts: ScopeParts,
  before: Progress,
  { name, position, state, status }: Child,
): Promise<Progress> {
  const task = taskOf(parts.spec, name);
  const progress: Progress = { ...before, settled: position, next: null };
  if (status === "canceled") return { ...progress, status };
  const succeeded = status === "succeeded";
  progress.status = succeeded || status === "timeout" ? status : "failed";
  progress.next = task[succeeded ? "on-success" : "on-failure"] || null;
  if (state === "dropped" || Object.keys(task.publish).length === 0) return progress;
  try {
    const { values, secrets } = await renderInScope(parts, before, task.publish);
    return {
      ...progress,
      vars: { ...before.vars, ...values },
      published: { ...before.published, ...values },
      secrets: [...before.secrets, ...secrets],
    };
  } catch (error) {
    if (!(error instanceof RenderingError)) throw error;
    const value = `publish parameter "${error.key}" in task "${name}" (template string=${error.template})`;
    return { ...progress, ...failedWith(`Failed rendering value for ${value}: ${error.message}`) };
  }
}
