import { TailraceError } from "../../../protocol/errors.ts";
import type { CreateExecution, Execution } from "../../../protocol/execution.ts";
import { newId } from "../../../protocol/id.ts";
import { QUEUE_LENGTH_MAX } from "../../../protocol/limits.ts";
import { castParameters, resolveParameters } from "../../../protocol/parameters.ts";
import { RUNNER_TYPES } from "../../../protocol/runners.ts";
import { rolesCount } from "../../auth/known.ts";
import { demand } from "../../auth/permissions.ts";
import { rightsToRun } from "../../auth/rights.ts";
import { demandOver } from "../../auth/system-admin.ts";
import type { ExecutionSpec } from "../../execution/state.ts";
import { executionStub } from "../../execution/stub.ts";
import { readAction } from "../../index/actions.ts";
import type { AppEnv } from "../context.ts";

/** The pool that runs what names no other. */
const DEFAULT_POOL = "default";

/** Who wants an execution, and the origin under which its page is. */
export interface Requester {
  principal: AppEnv["Variables"]["principal"];
  origin: string;
}

/**
 * Makes an execution as it is wanted. One whose template has no value is stored as failed, as StackStorm does, and
 * refused all the same.
 */
export async function createExecution(
  env: Env,
  requester: Requester,
  wanted: CreateExecution,
): Promise<Execution> {
  const spec = await specOf(env, requester, wanted);
  const execution = executionStub(env, spec.id);
  try {
    spec.resolved = resolveParameters(spec.action, spec.runner, spec.parameters);
  } catch (error) {
    if (error instanceof TailraceError && error.code === "unresolved")
      await execution.create(spec, { failure: error.message });
    throw error;
  }
  await refuseFull(env, spec.pool);
  const created = await execution.create(spec, { delay_ms: wanted.delay ?? 0 });
  if (!created) throw new TailraceError("unavailable");
  return created;
}

/** What the execution is made from; its parameters have been cast and not been checked. */
async function specOf(
  env: Env,
  { principal, origin }: Requester,
  wanted: CreateExecution,
): Promise<ExecutionSpec> {
  const action = await readAction(env.INDEX, wanted.action);
  if (!action) throw new TailraceError("invalid", `Action "${wanted.action}" cannot be found.`);
  demand(principal, "action_execute", { kind: "action", action_ref: action.ref });
  const user = wanted.user || principal.user;
  if (user !== principal.user && !(rolesCount(env) && principal.role === "admin")) {
    throw new TailraceError(
      "forbidden",
      '"user" attribute can only be provided by admins when RBAC is enabled',
    );
  }
  await demandOver(env, principal, user);
  if (!action.enabled)
    throw new TailraceError("invalid", `Unable to execute. Action "${action.ref}" is disabled.`);
  const runner = RUNNER_TYPES[action.runner_type];
  const id = newId();
  return {
    id,
    liveaction_id: newId(),
    action,
    runner,
    parameters: castParameters(action, runner, wanted.parameters ?? {}),
    resolved: { runner: {}, action: {} },
    context: { ...wanted.context, user, pack: action.pack },
    requester: principal.user,
    rights: await rightsToRun(env, principal, user),
    ...(wanted.retention ? { retention: wanted.retention } : {}),
    ...(wanted.notify ? { notify: wanted.notify } : {}),
    pool: DEFAULT_POOL,
    web_url: `${origin}/#/history/${id}/general`,
  };
}

async function refuseFull(env: Env, pool: string): Promise<void> {
  if ((await env.RUNNER_POOL.getByName(pool).queueLength()) < QUEUE_LENGTH_MAX) return;
  throw new TailraceError("too_many", `The pool "${pool}" has ${QUEUE_LENGTH_MAX} executions waiting.`);
}
