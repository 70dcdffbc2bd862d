import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { TailraceError } from "../../protocol/base/errors.ts";
import { ID_PATTERN } from "../../protocol/base/id.ts";
import { type LeaseClaims, readLease } from "../auth/lease.ts";
import { rightsOf } from "../auth/permissions.ts";
import type { Principal } from "../auth/principal.ts";
import { deploymentSecrets } from "../auth/secret.ts";
import { answered } from "../index/answered.ts";
import { deleteRow, lastId } from "../index/executions.ts";
import { visibleTo } from "../index/visible.ts";
import type { Summary } from "../objects/execution.ts";
import { type ExecutionStub, executionStub } from "../objects/execution.ts";

/** What every route has: the bindings, who asks, and what the answer is to say besides its body. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    principal: Principal;
    requestId: string;
    /** Of a request that is refused for now: when it may be tried again. */
    retry_after_seconds?: number;
    /** The token that let the request in is void: the browser is to forget it. */
    signed_out?: boolean;
    /** The entries of the audit log that tell of this request. */
    audited?: string[];
  };
}

/** The lease that a request carries, as its signature proves it. Whether it is in force the execution knows. */
export function leaseOf(c: Context<AppEnv>): Promise<LeaseClaims> {
  return readLease(c.req.header("authorization"), c.req.param("id") ?? "", deploymentSecrets(c.env));
}

/** Lets through who holds the lease that is in force: for what does not go to the execution itself. */
export const requireLease = createMiddleware<AppEnv>(async (c, next) => {
  const lease = await leaseOf(c);
  if (!(await executionOf(c, lease.execution_id).holdsLease(lease))) throw new TailraceError("lease_lost");
  await next();
});

/** The id that a path names: an id, or `last`, which is one that may be viewed. */
export async function executionId(c: Context<AppEnv>): Promise<string> {
  const named = c.req.param("id") ?? "";
  if (named !== "last") return named;
  const visible = await visibleTo(c.env.INDEX, rightsOf(c.get("principal")));
  for (let tries = 0; tries < LAST_TRIES_MAX; tries++) {
    const id = await lastId(c.env.INDEX, visible);
    if (id === undefined) break;
    if (await executionOf(c, id).summary()) return id;
    await deleteRow(c.env.INDEX, id);
  }
  throw new TailraceError("no_executions");
}

/** Rows without an execution that a request for `last` clears away: earlier releases left some when they were killed. */
const LAST_TRIES_MAX = 100;

/** The object of an execution. An id that cannot be one asks no object. */
export function executionOf(c: Context<AppEnv>, id: string): ExecutionStub {
  if (!ID_PATTERN.test(id)) throw noSuchExecution(id);
  return executionStub(c.env, id);
}

/** An execution that there is: its object, and how it stands. Whoever asks may not be allowed to know. */
export async function knownExecution(
  c: Context<AppEnv>,
  id: string,
): Promise<{ execution: ExecutionStub; summary: Summary }> {
  const execution = executionOf(c, id);
  const summary = await execution.summary();
  if (!summary) throw await missingExecution(c, id);
  return { execution, summary };
}

/** Of an execution that is not there: nothing is listed that is not, so a row of it goes. */
export async function missingExecution(c: Context<AppEnv>, id: string): Promise<TailraceError> {
  await answered(deleteRow(c.env.INDEX, id)).catch((error: unknown) => {
    console.error(`execution ${id}: the index may have a row of it: ${error}`);
  });
  return noSuchExecution(id);
}

export function noSuchExecution(id: string): TailraceError {
  return new TailraceError("execution_not_found", `Unable to identify resource with id "${id}".`);
}
