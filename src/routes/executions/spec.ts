import { TailraceError } from "../../../protocol/base/errors.ts";
import { newId } from "../../../protocol/base/id.ts";
import type { CreateExecution, Execution } from "../../../protocol/model/execution.ts";
import { castParameters, resolveParameters } from "../../../protocol/model/parameters.ts";
import { runnerOf } from "../../../protocol/model/runners.ts";
import { placementSettings } from "../../../protocol/model/tags.ts";
import { demandOver } from "../../auth/system-admin.ts";
import { poolOfSpec, wantedOf } from "../../execution/deliver/pool.ts";
import { isChain } from "../../execution/state/chain.ts";
import { textsWithin } from "../../execution/state/secrets.ts";
import type { AppEnv } from "../../http/context.ts";
import { readOffered } from "../../http/offered.ts";
import type { Actor, AuditRecord } from "../../index/audit.ts";
import { executionStub } from "../../objects/execution.ts";
import type { Region } from "../../objects/region.ts";
import type { ExecutionSpec } from "../../objects/spec.ts";
import { traceBelow } from "../../objects/trace.ts";
import { rolesCount } from "../../rights/of-user.ts";
import { rightsToRun } from "../../rights/run.ts";
import { demandRoom, refusedByDisk } from "../../storage/disk.ts";

/** The user that creates an execution, the origin of its page, and details of the request. */
export interface Requester {
  principal: AppEnv["Variables"]["principal"];
  origin: string;
  actor: Actor;
  region: Region;
  /** The request's id. */
  request_id: string;
  /** The span of which it is a part. */
  trace: AppEnv["Variables"]["trace"];
}

/** The execution that is run again, and the secret texts in its parameters, also those that no schema names. */
export interface Again {
  of: string;
  secrets: string[];
}

/**
 * Creates an execution. If a template has no value, the execution is stored as failed, as in StackStorm, and the request is
 * refused as well.
 */
export async function createExecution(
  env: Env,
  requester: Requester,
  wanted: CreateExecution,
  again?: Again,
): Promise<Execution> {
  await demandRoom(env);
  const spec = await specOf(env, requester, wanted);
  spec.secrets = textsWithin(spec.parameters, again?.secrets ?? []);
  const record = auditRecord(requester, spec, again);
  const execution = executionStub(env, spec.id);
  try {
    spec.resolved = resolveParameters(spec.action, spec.runner, spec.parameters);
  } catch (error) {
    if (error instanceof TailraceError && error.code === "unresolved")
      await execution.create(spec, { failure: error.message }, { ...record, outcome: "failed" });
    throw error;
  }
  const delay_ms = wanted.delay ?? 0;
  await reserve(env, spec, delay_ms);
  const created = await execution.create(spec, { delay_ms }, record);
  if (created.kind === "made") return created.execution;
  await poolOfSpec(env, spec).release(spec.id);
  throw created.code === "storage_full" ? refusedByDisk() : new TailraceError(created.code);
}

/**
 * Reserves a place in the queue before anything is stored, so that a refused execution leaves nothing behind. A chain itself
 * takes no place.
 */
async function reserve(env: Env, spec: ExecutionSpec, delay_ms: number): Promise<void> {
  const pool = poolOfSpec(env, spec);
  const wanted = wantedOf(spec);
  const refused = isChain(spec)
    ? await pool.refusal(spec.id, wanted)
    : await pool.reserve(spec.id, wanted, Date.now() + delay_ms + RESERVED_MS);
  if (refused !== undefined) throw new TailraceError("too_many", `Not started: ${refused}.`);
}

/** How long a place is reserved for an execution that does not arrive. */
const RESERVED_MS = 60_000;

/** The spec of the execution; its parameters are cast but not checked. */
async function specOf(
  env: Env,
  { principal, origin, region, request_id, trace }: Requester,
  wanted: CreateExecution,
): Promise<ExecutionSpec> {
  const named = { ref_or_id: wanted.action, pool: wanted.pool ?? undefined };
  const action = await readOffered(env.INDEX, principal, "action_execute", named);
  if (!action) throw new TailraceError("invalid", `Action "${wanted.action}" cannot be found.`);
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
  const runner = runnerOf(action);
  const tags = placementSettings(action.tags);
  const queue_timeout_seconds = wanted.queue_timeout_seconds ?? tags.queue_timeout_seconds;
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
    pool: action.pool,
    labels: { ...tags.labels, ...wanted.labels },
    ...(queue_timeout_seconds === undefined ? {} : { queue_timeout_seconds }),
    web_url: `${origin}/#/history/${id}/general`,
    request_id,
    ...(trace ? { trace: traceBelow(trace.traceparent, trace.is_traced) } : {}),
    ...(region === "any" ? {} : { region }),
  };
}

/** The audit log's record of a run. */
function auditRecord(
  { actor }: Requester,
  { id, action, pool, context }: ExecutionSpec,
  again?: Again,
): AuditRecord {
  return {
    id: newId(),
    action: again === undefined ? "execution.run" : "execution.re_run",
    outcome: "done",
    ...actor,
    resource: `execution:${id}`,
    detail: {
      action: action.ref,
      pool,
      ...(context.user === actor.user ? {} : { user: context.user }),
      ...(again === undefined ? {} : { of: again.of }),
    },
  };
}
