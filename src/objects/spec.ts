import type { Action, RunnerType } from "../../protocol/model/action.ts";
import type { Labels } from "../../protocol/model/label.ts";
import type { ResolvedParameters } from "../../protocol/model/parameters.ts";
import type { Rights } from "../../protocol/model/permissions.ts";
import type { RunRetention } from "../../protocol/model/retention.ts";
import type { Region } from "./region.ts";
import type { Trace } from "./trace.ts";

/** The values from which an execution is made. */
export interface ExecutionSpec {
  id: string;
  liveaction_id: string;
  action: Action;
  runner: RunnerType;
  /** As the user gave them; `resolved` also has the defaults. */
  parameters: Record<string, unknown>;
  resolved: ResolvedParameters;
  /** Secret texts in the parameters that no schema names: a chain has put them into the parameters of a task. */
  secrets?: string[] | undefined;
  context: Record<string, unknown> & { user: string };
  /** The user that requested it and gave its parameters, if it runs for another user. */
  requester?: string;
  /** The rights that its user had when it was made. Its children inherit them. */
  rights?: Rights;
  /** StackStorm's notification settings: kept and shown, without any effect here. */
  notify?: Record<string, unknown>;
  pool: string;
  /** The labels that its agent must have. Executions of the first release have none. */
  labels?: Labels;
  /** How long it may wait for an agent; without it, there is no limit. */
  queue_timeout_seconds?: number;
  /** How long the run is kept, if its caller has set this. */
  retention?: RunRetention | undefined;
  /** For a child: its parent, the number of executions above it, and its host under the parent's name for it. */
  parent?: { id: string; depth: number; host?: string };
  web_url: string;
  /** The request that created it, or its parent. Executions of earlier releases have none. */
  request_id?: string;
  /** Its place in a trace, if the request that made it has one. */
  trace?: Trace;
  /** The region of the request that made it, near which its object is, if the platform reports it. */
  region?: Region;
}

/** An execution's name in the server's log, with the request that created it. */
export function nameInLog({ id, request_id }: Pick<ExecutionSpec, "id" | "request_id">): string {
  return request_id === undefined ? `execution ${id}` : `execution ${id}, request ${request_id}`;
}

/** How an execution begins: after a delay, or failed already. A failed one is stored too. */
export interface Birth {
  delay_ms?: number;
  failure?: string;
}
