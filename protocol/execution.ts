import * as v from "valibot";
import type { Action, RunnerType } from "./action.ts";
import type { ByteCounts } from "./batch.ts";
import { STATUSES, type Status } from "./status.ts";

export const ACTION_REF_PATTERN = /^[\w-]+\.[\w.-]+$/;

const object = v.record(v.string(), v.unknown());

/** `POST /executions`. `user`, `context` and `notify` are StackStorm's; `user` null means whoever asks. */
export const CreateExecution = v.strictObject({
  action: v.pipe(v.string(), v.regex(ACTION_REF_PATTERN, "must be a reference like core.local")),
  parameters: v.optional(object, {}),
  user: v.optional(v.nullable(v.string())),
  context: v.optional(object, {}),
  notify: v.optional(v.nullable(object)),
});
export type CreateExecution = v.InferInput<typeof CreateExecution>;

/** `POST /executions/{id}/re_run`. */
export const ReRunExecution = v.strictObject({
  parameters: v.optional(object, {}),
  tasks: v.optional(v.array(v.string()), []),
  reset: v.optional(v.array(v.string()), []),
  user: v.optional(v.nullable(v.string())),
  delay: v.optional(v.number()),
});
export type ReRunExecution = v.InferInput<typeof ReRunExecution>;

/** An execution as StackStorm's API shows it. Falsy fields are left out. */
export interface Execution {
  id: string;
  status: Status;
  start_timestamp: string;
  end_timestamp?: string;
  elapsed_seconds?: number;
  action: Partial<Action> & Pick<Action, "ref" | "pack" | "name" | "runner_type">;
  runner: Partial<RunnerType> & Pick<RunnerType, "name">;
  liveaction: {
    id: string;
    action: string;
    parameters: Record<string, unknown>;
    action_is_workflow: boolean;
  };
  parameters: Record<string, unknown>;
  context: Record<string, unknown>;
  result?: Record<string, unknown>;
  result_size?: number;
  log: { status: Status; timestamp: string }[];
  web_url: string;
  /** Ours: where the output stands. */
  output?: { last_seq: number; bytes: ByteCounts; gaps: number; expires?: string };
  /** Ours: which agent runs it. */
  agent?: { id: string; name: string; pool: string };
}

/** Filters of `GET /executions`. */
export const ListExecutions = v.object({
  limit: v.optional(v.number()),
  offset: v.optional(v.number()),
  action: v.optional(v.string()),
  status: v.optional(v.picklist(STATUSES)),
  user: v.optional(v.string()),
});
export type ListExecutions = v.InferInput<typeof ListExecutions>;
