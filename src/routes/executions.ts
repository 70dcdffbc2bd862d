import { type Context, Hono } from "hono";
import * as v from "valibot";
import { TailraceError } from "../../protocol/errors.ts";
import { CreateExecution, type Execution, ReRunExecution } from "../../protocol/execution.ts";
import { newId } from "../../protocol/id.ts";
import { JSON_BODY_BYTES_MAX, PAGE_EXECUTIONS_MAX, QUEUE_LENGTH_MAX } from "../../protocol/limits.ts";
import { castParameters, resolveParameters } from "../../protocol/parameters.ts";
import { RUNNER_TYPES } from "../../protocol/runners.ts";
import { STATUSES } from "../../protocol/status.ts";
import type { ExecutionSpec } from "../execution/state.ts";
import { executionStub } from "../execution/stub.ts";
import { readAction } from "../index/actions.ts";
import { DEPTH_MAX, listDescendants, listRows } from "../index/executions.ts";
import { check, readJson } from "./body.ts";
import {
  type AppEnv,
  executionId,
  executionOf,
  noSuchExecution,
  queryBoolean,
  queryInteger,
  queryPage,
} from "./context.ts";

/** The pool that runs what names no other. */
const DEFAULT_POOL = "default";

/** StackStorm's executions: create, list, read, cancel, run again. */
export const executions = new Hono<AppEnv>()
  .post("/", async (c) => {
    const wanted = await readJson(c, CreateExecution, JSON_BODY_BYTES_MAX);
    const { user } = c.get("principal");
    const spec = await specOf(c.env, new URL(c.req.url).origin, wanted, user);
    const created = await createIn(c.env, spec);
    return c.json(showsSecrets(c) ? await executionOf(c, spec.id).get({ show_secrets: true }) : created, 201);
  })
  .get("/", async (c) => {
    const { limit, offset } = queryPage(c, PAGE_EXECUTIONS_MAX);
    const { action, user, parent } = c.req.query();
    const status = c.req.query("status");
    const { executions, total } = await listRows(c.env.INDEX, {
      action: action || undefined,
      status: status ? check(v.picklist(STATUSES), status) : undefined,
      user: user || undefined,
      parent: parent === "null" ? null : parent || undefined,
      limit,
      offset,
    });
    c.header("X-Total-Count", String(total));
    c.header("X-Limit", String(limit));
    return c.json(executions);
  })
  .get("/:id", async (c) => {
    const id = await executionId(c);
    const document = await executionOf(c, id).get({ show_secrets: showsSecrets(c) });
    if (!document) throw noSuchExecution(id);
    return c.json(document);
  })
  .get("/:id/children", async (c) => {
    const id = await executionId(c);
    if (!(await executionOf(c, id).standing())) throw noSuchExecution(id);
    const depth = queryInteger(c, "depth", -1);
    return c.json(await listDescendants(c.env.INDEX, id, depth === -1 ? DEPTH_MAX : depth));
  })
  .delete("/:id", async (c) => {
    const id = await executionId(c);
    const execution = executionOf(c, id);
    if (!(await execution.standing())) throw noSuchExecution(id);
    const result = await execution.cancel(c.get("principal").user);
    if (result.kind === "canceled") return c.json(result.execution);
    return c.json({ faultstring: `Action cannot be canceled. State = ${result.status}.` });
  })
  .post("/:id/re_run", async (c) => {
    const id = await executionId(c);
    const again = await readJson(c, ReRunExecution, JSON_BODY_BYTES_MAX);
    if (again.tasks.length > 0) {
      throw new TailraceError("invalid", "Task option is only supported for Orquesta workflows.");
    }
    const source = await executionOf(c, id).spec();
    if (!source) throw noSuchExecution(id);
    const wanted = {
      action: source.action.ref,
      parameters: { ...source.parameters, ...again.parameters },
      context: { "re-run": { ref: id } },
    };
    const spec = await specOf(c.env, new URL(c.req.url).origin, wanted, c.get("principal").user);
    return c.json(await createIn(c.env, spec), 201);
  });

/** Whether secret values may stand in the answer: an admin asked. Others' wish is passed over, as StackStorm does. */
function showsSecrets(c: Context<AppEnv>): boolean {
  return queryBoolean(c, "show_secrets", false) && c.get("principal").role === "admin";
}

async function specOf(
  env: Env,
  origin: string,
  wanted: v.InferOutput<typeof CreateExecution>,
  user: string,
): Promise<ExecutionSpec> {
  if (wanted.user && wanted.user !== user) {
    throw new TailraceError(
      "forbidden",
      '"user" attribute can only be provided by admins when RBAC is enabled',
    );
  }
  const action = await readAction(env.INDEX, wanted.action);
  if (!action) throw new TailraceError("invalid", `Action "${wanted.action}" cannot be found.`);
  if (!action.enabled)
    throw new TailraceError("invalid", `Unable to execute. Action "${action.ref}" is disabled.`);
  const runner = RUNNER_TYPES[action.runner_type];
  const parameters = castParameters(action, runner, wanted.parameters);
  const id = newId();
  return {
    id,
    liveaction_id: newId(),
    action,
    runner,
    parameters,
    resolved: resolveParameters(action, runner, parameters),
    context: { ...wanted.context, user, pack: action.pack },
    pool: DEFAULT_POOL,
    web_url: `${origin}/#/history/${id}/general`,
  };
}

async function createIn(env: Env, spec: ExecutionSpec): Promise<Execution> {
  if ((await env.RUNNER_POOL.getByName(spec.pool).queueLength()) >= QUEUE_LENGTH_MAX) {
    throw new TailraceError(
      "too_many",
      `The pool "${spec.pool}" has ${QUEUE_LENGTH_MAX} executions waiting.`,
    );
  }
  const created = await executionStub(env, spec.id).create(spec);
  if (!created) throw new TailraceError("unavailable");
  return created;
}
