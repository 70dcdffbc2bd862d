import { newId } from "../../../../protocol/base/id.ts";
import { FAMILY_DEPTH_MAX } from "../../../../protocol/base/limits.ts";
import type { Action } from "../../../../protocol/model/action.ts";
import type { ChainTask } from "../../../../protocol/model/chain.ts";
import { castParameters, resolveParameters } from "../../../../protocol/model/parameters.ts";
import { mayRun } from "../../../../protocol/model/permissions.ts";
import { runnerOf } from "../../../../protocol/model/runners.ts";
import { placementSettings } from "../../../../protocol/model/tags.ts";
import type { ExecutionSpec } from "../../../objects/spec.ts";
import { traceOfChild } from "../../../objects/trace.ts";
import { refusalText } from "../../../rights/permissions.ts";
import type { Run } from "../../../rights/run.ts";
import { textsWithin } from "../../state/secrets.ts";
import { asLiteral, type Rendered } from "./templates.ts";

/** The parent as the templates of its tasks see it (StackStorm's `action_context.parent`). */
export function parentContext({ id, context }: ExecutionSpec): Record<string, unknown> {
  return { ...context, execution_id: id };
}

/**
 * The spec of a task's execution. Throws the reason why it cannot be made, with StackStorm's texts: the user of the run may
 * not run the action, the action is disabled, a parameter does not fit, or too many executions are above it.
 */
export function taskSpec(
  parent: ExecutionSpec,
  run: Run,
  task: ChainTask,
  action: Action,
  { values: rendered, secrets }: Rendered,
): ExecutionSpec {
  if (!mayRun(run.rights, action)) {
    const { ref: action_ref, pool } = action;
    throw new Error(refusalText(run.user, "action_execute", { kind: "action", action_ref, pool }));
  }
  if (!action.enabled) throw new Error(`Unable to execute. Action "${action.ref}" is disabled.`);
  const depth = (parent.parent?.depth ?? 0) + 1;
  if (depth > FAMILY_DEPTH_MAX) {
    throw new Error(`An execution has at most ${FAMILY_DEPTH_MAX} others above it.`);
  }
  const runner = runnerOf(action);
  const given = Object.fromEntries(Object.entries(rendered).filter(([, value]) => value !== null));
  const parameters = Object.fromEntries(
    Object.entries(castParameters(action, runner, given)).map(([name, value]) => [name, asLiteral(value)]),
  );
  const id = newId();
  const { user, trace_context } = parent.context;
  return {
    id,
    liveaction_id: newId(),
    action,
    runner,
    parameters,
    resolved: resolveParameters(action, runner, parameters),
    secrets: textsWithin(parameters, secrets),
    context: {
      user,
      pack: action.pack,
      ...(trace_context === undefined ? {} : { trace_context }),
      parent: parentContext(parent),
      chain: chainContext(task),
    },
    ...notifyOf(parent, task),
    ...(parent.requester === undefined ? {} : { requester: parent.requester }),
    ...(parent.rights ? { rights: parent.rights } : {}),
    ...(parent.request_id === undefined ? {} : { request_id: parent.request_id }),
    ...traceOfChild(parent),
    ...placementOf(parent, task, action),
    retention: parent.retention,
    parent: { id: parent.id, depth },
    web_url: parent.web_url.replace(parent.id, id),
  };
}

/**
 * A task runs in its parent's pool, unless it names another. The labels of the action, the parent and the task are merged.
 */
function placementOf(
  parent: ExecutionSpec,
  task: ChainTask,
  action: Action,
): Pick<ExecutionSpec, "pool" | "labels" | "queue_timeout_seconds"> {
  const own = placementSettings(action.tags);
  const queue_timeout_seconds = parent.queue_timeout_seconds ?? own.queue_timeout_seconds;
  return {
    pool: action.pool,
    labels: { ...own.labels, ...parent.labels, ...task.labels },
    ...(queue_timeout_seconds === undefined ? {} : { queue_timeout_seconds }),
  };
}

/** The task as StackStorm's clients expect it, without its parameters, which may hold secrets. */
function chainContext(task: ChainTask): Record<string, unknown> {
  const { name, display_name, ref } = task;
  return {
    name,
    ...(display_name === undefined ? {} : { display_name }),
    ref,
    on_success: task["on-success"],
    on_failure: task["on-failure"],
  };
}

/** The notification settings of the task, else of the chain, unless the chain skips the task. */
function notifyOf(
  { notify, resolved }: ExecutionSpec,
  task: ChainTask,
): { notify?: Record<string, unknown> } {
  const { skip_notify } = resolved.runner;
  if (Array.isArray(skip_notify) && skip_notify.includes(task.name)) return {};
  const own = task.notify ?? notify;
  return own ? { notify: own } : {};
}
