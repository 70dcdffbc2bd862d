import { AGENT_RUNNERS } from "../../../protocol/model/action.ts";
import type { LeasedExecution } from "../../../protocol/wire/agent.ts";
import { issuesRunTokens } from "../../rights/of-run.ts";
import type { ExecutionRecord } from "../state/record.ts";

/** The execution in the form in which an agent gets it. */
export function leasedExecution(
  env: Env,
  { existing, given }: ExecutionRecord,
  epoch: number,
): LeasedExecution {
  const { spec, keeping } = existing;
  const { action, context, parent } = spec;
  const { parameters, resolved, secrets } = given;
  const { chain: _, ...shown } = action;
  const runner_type = AGENT_RUNNERS.find((name) => name === action.runner_type);
  if (runner_type === undefined) throw new Error(`no agent runs what is of ${action.runner_type}`);
  return {
    execution_id: spec.id,
    epoch,
    action: { ...shown, runner_type },
    user: context.user,
    context,
    ...(parent?.host === undefined ? {} : { host: parent.host }),
    stream_output: keeping.stream_output,
    parameters,
    runner_parameters: resolved.runner,
    action_parameters: resolved.action,
    ...(secrets && secrets.length > 0 ? { secrets } : {}),
    ...(spec.request_id === undefined ? {} : { request_id: spec.request_id }),
    ...(spec.trace === undefined ? {} : { traceparent: spec.trace.traceparent }),
    ends_whole: true,
    ...(issuesRunTokens(env) ? { auth_token: true } : {}),
  };
}
