import { writeExact } from "../../../protocol/base/numbers.ts";
import { timestamp } from "../../../protocol/base/time.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import type { Totals } from "../../objects/log.ts";
import type { ExecutionSpec } from "../../objects/spec.ts";
import type { Given } from "./given.ts";
import { maskParameters, maskResult, withoutSecretDefaults } from "./mask.ts";
import { maskTexts } from "./secrets.ts";
import type { ExecutionState } from "./state.ts";

type ShownSpec = Pick<ExecutionSpec, "action" | "runner" | "parameters" | "secrets">;

/** The parts of a document besides the state. */
export interface DocumentParts {
  given: Given;
  output: Totals;
  result: Record<string, unknown> | undefined;
  children: string[];
  /** Texts that must not be shown, besides those that the schemas name: of the given values, and of a chain's result. */
  secrets: string[];
  /** Whether the document shows secret values: on an administrator's request. */
  show_secrets: boolean;
}

/** The execution as StackStorm's API shows it: falsy fields are left out. */
export function toExecution(
  state: ExecutionState,
  { given, output, result, children, secrets, show_secrets }: DocumentParts,
): Execution {
  const { spec, lease } = state;
  const { runner } = spec;
  const { chain, ...action } = spec.action;
  const parameters = show_secrets ? given.parameters : shownParameters({ ...spec, ...given });
  const execution: Execution = {
    id: spec.id,
    status: state.status,
    start_timestamp: timestamp(state.start_ms),
    action: { ...action, parameters: withoutSecretDefaults(action.parameters) },
    runner,
    liveaction: {
      id: spec.liveaction_id,
      action: action.ref,
      action_is_workflow: chain !== undefined,
      callback: {},
      runner_info: {},
      parameters,
      ...(spec.notify ? { notify: spec.notify } : {}),
    },
    parameters,
    context: spec.context,
    log: state.log,
    web_url: spec.web_url,
    output: {
      ...output,
      ...(state.timers.expiry === null ? {} : { expires: timestamp(state.timers.expiry) }),
      ...(state.expired ? { expired: timestamp(state.expired.at_ms) } : {}),
    },
  };
  if (state.end_ms !== null) {
    execution.end_timestamp = timestamp(state.end_ms);
    execution.elapsed_seconds = (state.end_ms - state.start_ms) / 1000;
  }
  if (state.timers.removal !== null) execution.expires = timestamp(state.timers.removal);
  if (state.pinned) execution.pinned = true;
  if (state.delay_ms > 0) execution.delay = state.delay_ms;
  if (spec.parent) execution.parent = spec.parent.id;
  if (children.length > 0) execution.children = children;
  execution.pool = spec.pool;
  if (spec.labels && Object.keys(spec.labels).length > 0) execution.labels = spec.labels;
  if (spec.queue_timeout_seconds !== undefined) execution.queue_timeout_seconds = spec.queue_timeout_seconds;
  if (lease && !lease.is_void)
    execution.agent = { id: lease.agent_id, name: lease.agent_name, pool: spec.pool };
  if (result && Object.keys(result).length > 0) {
    execution.result = show_secrets ? result : maskTexts(maskResult(action, runner, result), secrets);
    execution.result_size = new TextEncoder().encode(writeExact(result)).length;
  }
  return execution;
}

/** The parameters as a document may show them. */
export function shownParameters({
  action,
  runner,
  parameters,
  secrets = [],
}: ShownSpec): Record<string, unknown> {
  return maskTexts(maskParameters(action, runner, parameters), secrets);
}

/** The document as of a change of status. `change` is the place of that change in the log. */
export function documentAt(execution: Execution, change: number): Execution {
  const at = execution.log[change];
  if (!at || change === execution.log.length - 1) return execution;
  const { end_timestamp: _, elapsed_seconds: __, result: ___, result_size: ____, ...before } = execution;
  return { ...before, status: at.status, log: execution.log.slice(0, change + 1) };
}
