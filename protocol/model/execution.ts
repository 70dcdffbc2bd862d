import * as v from "valibot";
import { DELAY_MS_MAX, INDEX_OBJECTS_MAX, REDACT_TEXT_CHARS_MAX, REDACT_TEXTS_MAX } from "../base/limits.ts";
import { STATUSES } from "../base/status.ts";
import { JsonObject } from "./json-object.ts";
import { Labels } from "./label.ts";
import { PoolName, QueueTimeout } from "./pool.ts";
import { RunRetention } from "./retention.ts";

export const ACTION_REF_PATTERN = /^[\w-]+\.[\w.-]+$/;

const delay = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(DELAY_MS_MAX));

/** Ours: the pool that runs it, the labels that its agent must have, and how long it may wait for one. Null means the action's setting. */
const placement = {
  pool: v.optional(v.nullable(PoolName)),
  labels: v.optional(v.nullable(Labels)),
  queue_timeout_seconds: v.optional(v.nullable(QueueTimeout)),
};

/** `POST /executions`. `user`, `context` and `notify` are StackStorm's; `user` null means the user that asks. */
export const CreateExecution = v.strictObject({
  action: v.pipe(v.string(), v.regex(ACTION_REF_PATTERN, "must be a reference like core.local")),
  parameters: v.optional(JsonObject, {}),
  user: v.optional(v.nullable(v.string())),
  context: v.optional(JsonObject, {}),
  notify: v.optional(v.nullable(JsonObject)),
  /** Milliseconds to wait first. */
  delay: v.optional(v.nullable(delay)),
  /** Ours: how long it is kept. */
  retention: v.optional(RunRetention),
  ...placement,
});
export type CreateExecution = v.InferInput<typeof CreateExecution>;

/** `POST /executions/{id}/re_run`. */
export const ReRunExecution = v.strictObject({
  parameters: v.optional(JsonObject, {}),
  tasks: v.optional(v.array(v.string()), []),
  reset: v.optional(v.array(v.string()), []),
  user: v.optional(v.nullable(v.string())),
  delay: v.optional(v.nullable(delay)),
  ...placement,
});
export type ReRunExecution = v.InferInput<typeof ReRunExecution>;

/** `PUT /executions/{id}`: a new status, from an external runner or from a user that stops it. */
export const UpdateExecution = v.strictObject({
  status: v.optional(v.string()),
  result: v.optional(JsonObject),
});
export type UpdateExecution = v.InferInput<typeof UpdateExecution>;

const statusPicklist = v.picklist(STATUSES);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** An execution as StackStorm's API shows it. Falsy fields are left out. */
export const Execution = v.object({
  id: v.string(),
  status: statusPicklist,
  start_timestamp: v.string(),
  end_timestamp: v.exactOptional(v.string()),
  elapsed_seconds: v.exactOptional(v.number()),
  action: v.looseObject({ ref: v.string(), pack: v.string(), name: v.string(), runner_type: v.string() }),
  runner: v.looseObject({ name: v.string() }),
  liveaction: v.object({
    id: v.string(),
    action: v.string(),
    action_is_workflow: v.boolean(),
    callback: JsonObject,
    runner_info: JsonObject,
    parameters: JsonObject,
    notify: v.exactOptional(JsonObject),
  }),
  parameters: JsonObject,
  context: JsonObject,
  result: v.exactOptional(JsonObject),
  result_size: v.exactOptional(count),
  log: v.array(v.object({ status: statusPicklist, timestamp: v.string() })),
  /** Of a child: its parent. Of a parent: its children, in the order of the hosts. */
  parent: v.exactOptional(v.string()),
  children: v.exactOptional(v.array(v.string())),
  /** Milliseconds that it waited before it entered the queue. */
  delay: v.exactOptional(count),
  web_url: v.string(),
  /** Ours: the size of the output, and when it expires. */
  output: v.exactOptional(
    v.object({
      last_seq: count,
      bytes: v.object({ stdout: count, stderr: count, other: count }),
      gaps: count,
      /** Complete lines. */
      lines: v.object({ stdout: count, stderr: count, other: count }),
      expires: v.exactOptional(v.string()),
      /** When it was deleted; the other fields describe the deleted output. */
      expired: v.exactOptional(v.string()),
    }),
  ),
  /** Ours: when the execution will be deleted, or that a pin keeps it. */
  expires: v.exactOptional(v.string()),
  pinned: v.exactOptional(v.boolean()),
  /** Ours: its pool. Documents of the first release have the agent's pool only. */
  pool: v.exactOptional(v.string()),
  /** Ours: the labels that its agent must have, and how long it may wait for one. */
  labels: v.exactOptional(Labels),
  queue_timeout_seconds: v.exactOptional(v.number()),
  /** Ours: why it still waits for an agent, and since when; in the document of one execution only. */
  waiting: v.exactOptional(v.object({ reason: v.string(), since: v.string() })),
  /** Ours: the agent that runs it. */
  agent: v.exactOptional(v.object({ id: v.string(), name: v.string(), pool: v.string() })),
});
export type Execution = v.InferOutput<typeof Execution>;

/** Texts to remove from the stored data of an execution, its parents and its children. */
export const RedactExecution = v.strictObject({
  texts: v.pipe(
    v.array(v.pipe(v.string(), v.maxLength(REDACT_TEXT_CHARS_MAX))),
    v.minLength(1),
    v.maxLength(REDACT_TEXTS_MAX),
  ),
});
export type RedactExecution = v.InferOutput<typeof RedactExecution>;

/** Whether the rewriting is complete or under way. */
export const RedactedExecution = v.object({ id: v.string(), done: v.boolean() });
export type RedactedExecution = v.InferOutput<typeof RedactedExecution>;

/** Objects whose executions are written to the index again. An object is named by the platform's id, because its own name is in the index. */
export const IndexExecutions = v.strictObject({
  objects: v.pipe(
    v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits"))),
    v.maxLength(INDEX_OBJECTS_MAX),
  ),
  /** Whether rows are written that seem right. */
  anew: v.optional(v.boolean(), false),
});
export type IndexExecutions = v.InferInput<typeof IndexExecutions>;

/** The executions of the objects that have one, and the objects that failed. */
export const IndexedExecutions = v.object({
  executions: v.array(v.object({ id: v.string(), written: v.boolean() })),
  failed: v.array(v.object({ object: v.string(), text: v.string() })),
});
export type IndexedExecutions = v.InferOutput<typeof IndexedExecutions>;

/** Filters of `GET /executions`. */
export const ListExecutions = v.object({
  limit: v.optional(v.number()),
  offset: v.optional(v.number()),
  action: v.optional(v.string()),
  status: v.optional(v.picklist(STATUSES)),
  user: v.optional(v.string()),
  /** The children of this one; `null`: only executions without a parent. */
  parent: v.optional(v.string()),
  pool: v.optional(v.string()),
});
export type ListExecutions = v.InferInput<typeof ListExecutions>;
