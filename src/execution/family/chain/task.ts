import { newId } from "../../../../protocol/base/id.ts";
import { FAMILY_DEPTH_MAX } from "../../../../protocol/base/limits.ts";
import { type Action, CHAIN_RUNNER } from "../../../../protocol/model/action.ts";
import type { Chain, ChainTask } from "../../../../protocol/model/chain.ts";
import { castParameters, resolveParameters } from "../../../../protocol/model/parameters.ts";
import { mayRun } from "../../../../protocol/model/permissions.ts";
import { RUNNER_TYPES } from "../../../../protocol/model/runners.ts";
import { placementSettings } from "../../../../protocol/model/tags.ts";
import type { ExecutionSpec } from "../../../objects/spec.ts";
import { refusalText } from "../../../rights/permissions.ts";
import type { Run } from "../../../rights/run.ts";
import { textsWithin } from "../../state/secrets.ts";
import { asLiteral, type Rendered } from "./templates.ts";

/** What a task's templates know of the execution that it is a part of (StackStorm's `action_context.parent`). */
export function parentContext({ id, context }: ExecutionSpec): Record<string, unknown> {
  return { ...context, execution_id: id };
}

/**
 * What a task's execution is made from. Throws what keeps it from being made, with StackStorm's texts: the user of the run
 * may not run the action, it is disabled, a parameter does not fit, there are too many executions above it.
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
  const runner = RUNNER_TYPES[action.runner_type];
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
    ...placementOf(parent, task, action),
    retention: parent.retention,
    parent: { id: parent.id, depth },
    web_url: parent.web_url.replace(parent.id, id),
  };
}

/** A task runs where its parent does, unless it says otherwise; what both and its action ask of the agent counts together. */
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

/** The task as StackStorm's clients look for it, without its parameters: they may hold secrets. */
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

/** A task's own wish, else the chain's, unless the task is among those that are passed over. */
function notifyOf(
  { notify, resolved }: ExecutionSpec,
  task: ChainTask,
): { notify?: Record<string, unknown> } {
  const { skip_notify } = resolved.runner;
  if (Array.isArray(skip_notify) && skip_notify.includes(task.name)) return {};
  const own = task.notify ?? notify;
  return own ? { notify: own } : {};
}

/** Whether an execution is a chain, which needs no agent. */
export function isChain({ runner }: Pick<ExecutionSpec, "runner">): boolean {
  return runner.name === CHAIN_RUNNER;
}

/** The chain that an execution is a run of. */
export function chainOf({ action }: Pick<ExecutionSpec, "action">): Chain {
  if (!action.chain) throw new Error(`the action ${action.ref} has no chain`);
  return action.chain;
}

/** A task of the chain that an execution is a run of. */
export function taskOf(spec: Pick<ExecutionSpec, "action">, name: string): ChainTask {
  const task = chainOf(spec).chain.find((one) => one.name === name);
  if (!task) throw new Error(`the chain has no task ${name}`);
  return task;
}
