import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { parseJson } from "../../../protocol/base/json.ts";
import { JSON_BODY_BYTES_MAX, VALUE_DEPTH_MAX } from "../../../protocol/base/limits.ts";
import { isExact, isStructure } from "../../../protocol/base/numbers.ts";
import {
  CreateExecution,
  type Execution,
  ReRunExecution as ReRun,
  type ReRunExecution,
} from "../../../protocol/model/execution.ts";
import { shownParameters } from "../../execution/state/document.ts";
import { answerJson } from "../../http/answer.ts";
import { actorOf } from "../../http/audited.ts";
import { readJson } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { executionOf } from "../../http/named.ts";
import { queryBoolean } from "../../http/query.ts";
import { regionOf } from "../../objects/region.ts";
import type { ExecutionSpec } from "../../objects/spec.ts";
import type { Principal } from "../../rights/principal.ts";
import { access, auditSecrets, showsSecrets } from "./access.ts";
import { type Again, createExecution } from "./spec.ts";

/** `POST /executions`, and `POST /executions/{id}/re_run`: both answer 201 with the new execution. */
export const create = new Hono<AppEnv>()
  .post("/", async (c) => {
    const wanted = await readJson(c, CreateExecution, JSON_BODY_BYTES_MAX, VALUES);
    const context = { ...wanted.context, ...headerContext(c) };
    return answerJson(c, await created(c, { ...wanted, context }), 201);
  })
  .post("/:id/re_run", async (c) => {
    const again = await readJson(c, ReRun, JSON_BODY_BYTES_MAX, VALUES);
    refuseTasks(again);
    const { id, object } = await access(c, "execution_view");
    if (again.tasks.length > 0)
      throw new TailraceError("invalid", "Task option is only supported for Orquesta workflows.");
    const source = await object.spec();
    if (!source) throw new TailraceError("unavailable");
    const kept = queryBoolean(c, "no_merge", false) ? {} : source.parameters;
    refuseSecrets(c.get("principal"), source, kept, again.parameters);
    return answerJson(
      c,
      await created(
        c,
        {
          action: source.action.ref,
          pool: again.pool ?? source.pool,
          labels: again.labels ?? source.labels ?? null,
          queue_timeout_seconds: again.queue_timeout_seconds ?? source.queue_timeout_seconds ?? null,
          parameters: { ...kept, ...again.parameters },
          context: { ...traceOf(source.context), "re-run": { ref: id } },
          user: again.user ?? null,
          delay: again.delay ?? null,
        },
        { of: id, secrets: source.secrets ?? [] },
      ),
      201,
    );
  });

/** The keys of a body that hold the user's own values. */
const VALUES = ["parameters", "context", "notify"];

/** The new execution. Reading the secrets of the execution that is run again has been recorded already. */
async function created(c: Context<AppEnv>, wanted: CreateExecution, again?: Again): Promise<Execution> {
  const requester = {
    principal: c.get("principal"),
    origin: new URL(c.req.url).origin,
    actor: actorOf(c),
    region: regionOf(c.req.raw),
    request_id: c.get("requestId"),
    trace: c.get("trace"),
  };
  const execution = await createExecution(c.env, requester, wanted, again);
  if (!showsSecrets(c)) return execution;
  if (again === undefined) await auditSecrets(c, `execution:${execution.id}`);
  return (await executionOf(c, execution.id).get({ show_secrets: true })) ?? execution;
}

/** StackStorm's context, which clients of its API may send as a header. */
function headerContext(c: Context<AppEnv>): Record<string, unknown> {
  const header = c.req.header("st2-context");
  if (!header) return {};
  let context: unknown;
  try {
    context = parseJson(header, { depth_max: VALUE_DEPTH_MAX, exact: true });
  } catch (error) {
    if (error instanceof TailraceError) throw error;
    context = header;
  }
  if (isStructure(context) && !Array.isArray(context)) return { ...context };
  throw new TailraceError(
    "invalid",
    `Unable to convert st2-context from the headers into JSON (was ${pythonClass(context)}).`,
  );
}

/** The Python class that StackStorm's text names. */
function pythonClass(value: unknown): string {
  if (value === null) return "<class 'NoneType'>";
  if (Array.isArray(value)) return "<class 'list'>";
  if (isExact(value)) return pythonClass(Number(value));
  if (typeof value === "number") return `<class '${Number.isInteger(value) ? "int" : "float"}'>`;
  return typeof value === "boolean" ? "<class 'bool'>" : "<class 'str'>";
}

function traceOf({ trace_context }: Record<string, unknown>): Record<string, unknown> {
  return trace_context === undefined ? {} : { trace_context };
}

/**
 * A secret parameter is used again only for the user that gave it and for an administrator. Another user could print it, by
 * another parameter or by an action that has changed since.
 */
function refuseSecrets(
  { user, role }: Principal,
  source: ExecutionSpec,
  kept: Record<string, unknown>,
  given: Record<string, unknown>,
): void {
  if (role === "admin" || user === source.requester) return;
  const masked = shownParameters({ ...source, parameters: kept });
  const secret = Object.keys(kept).filter(
    (name) => !Object.hasOwn(given, name) && JSON.stringify(masked[name]) !== JSON.stringify(kept[name]),
  );
  if (secret.length === 0) return;
  throw new TailraceError(
    "invalid",
    `Another user gave the secret parameters of this execution: ${secret.join(", ")} must be given again.`,
  );
}

function refuseTasks({ parameters = {}, tasks = [], reset = [] }: ReRunExecution): void {
  if ((tasks.length > 0 || reset.length > 0) && Object.keys(parameters).length > 0) {
    throw new TailraceError(
      "invalid",
      "Parameters override is not supported when re-running task(s) for a workflow.",
    );
  }
  if (reset.some((task) => !tasks.includes(task)))
    throw new TailraceError("invalid", "List of tasks to reset does not match the tasks to rerun.");
}
