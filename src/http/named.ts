import type { Context } from "hono";
import { TailraceError } from "../../protocol/base/errors.ts";
import { failureText } from "../../protocol/base/failure-text.ts";
import { ID_PATTERN } from "../../protocol/base/id.ts";
import { answered } from "../index/answered.ts";
import { readEndedRow } from "../index/ended.ts";
import { deleteRow, lastId } from "../index/executions.ts";
import { visibleTo } from "../index/visible.ts";
import { type ExecutionStub, executionStub, type Summary } from "../objects/execution.ts";
import { rightsOf } from "../rights/permissions.ts";
import type { AppEnv } from "./context.ts";

/** The id that a path names: an id, or `last`, the newest execution that the caller may view. */
export async function executionId(c: Context<AppEnv>): Promise<string> {
  const named = c.req.param("id") ?? "";
  if (named !== "last") return named;
  const visible = await visibleTo(c.env.INDEX, rightsOf(c.get("principal")));
  for (let tries = 0; tries < LAST_TRIES_MAX; tries++) {
    const id = await lastId(c.env.INDEX, visible);
    if (id === undefined) break;
    if (await exists(c, id)) return id;
    await deleteRow(c.env.INDEX, id);
  }
  throw new TailraceError("no_executions");
}

/** Whether an execution exists. One whose output the index offers to the edge's cache does, and its object is not asked. */
async function exists(c: Context<AppEnv>, id: string): Promise<boolean> {
  if (await readEndedRow(c.env.INDEX, id, Date.now())) return true;
  return (await executionOf(c, id).summary()) !== undefined;
}

/** Rows without an execution that a request for `last` deletes: earlier releases left some when they were killed. */
const LAST_TRIES_MAX = 100;

/** The object of an execution. An invalid id reaches no object. */
export function executionOf(c: Context<AppEnv>, id: string): ExecutionStub {
  if (!ID_PATTERN.test(id)) throw noSuchExecution(id);
  return executionStub(c.env, id);
}

/** An existing execution: its object and its summary. The caller may not have the right to view it. */
export async function knownExecution(
  c: Context<AppEnv>,
  id: string,
): Promise<{ execution: ExecutionStub; summary: Summary }> {
  const execution = executionOf(c, id);
  const summary = await execution.summary();
  if (!summary) throw await missingExecution(c, id);
  return { execution, summary };
}

/** The error for an execution that does not exist. A row of it is deleted, so that lists do not show it. */
export async function missingExecution(c: Context<AppEnv>, id: string): Promise<TailraceError> {
  await answered(deleteRow(c.env.INDEX, id)).catch((error: unknown) => {
    console.error(`execution ${id}: the index may have a row of it: ${failureText(error)}`);
  });
  return noSuchExecution(id);
}

export function noSuchExecution(id: string): TailraceError {
  return new TailraceError("execution_not_found", `Unable to identify resource with id "${id}".`);
}
