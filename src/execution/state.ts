import type { Action, RunnerType } from "../../protocol/action.ts";
import type { Execution } from "../../protocol/execution.ts";
import type { ResolvedParameters } from "../../protocol/parameters.ts";
import { isCompleted, mayFollow, type Status } from "../../protocol/status.ts";
import { timestamp } from "../../protocol/time.ts";
import type { Totals } from "./log.ts";

/** What an execution is made from. */
export interface ExecutionSpec {
  id: string;
  liveaction_id: string;
  action: Action;
  runner: RunnerType;
  /** As given by the user; `resolved` has the defaults too. */
  parameters: Record<string, unknown>;
  resolved: ResolvedParameters;
  context: Record<string, unknown> & { user: string };
  pool: string;
  /** Of a child: whose it is, and the host that it runs on, as its parent calls it. */
  parent?: { id: string; host: string };
  web_url: string;
}

/** An execution's own record: all of it but its output and its result. One value in the object's storage. */
export interface ExecutionState {
  spec: ExecutionSpec;
  status: Status;
  log: { status: Status; timestamp: string }[];
  start_ms: number;
  end_ms: number | null;
  exit_code: number | null;
  canceled_by: string | null;
  /** The lease in force: only its agent may append and end. */
  lease: { epoch: number; agent_id: string; agent_name: string } | null;
  /** Grows with each change, so that the index takes the newest only. */
  version: number;
  /** What others must still be told; retried by the alarm until they have been. */
  outbox: { index: boolean; pool: "enqueue" | "cancel" | "release" | null; parent: boolean };
  timers: Timers;
  /** Of a parent: how its children are run. */
  family: Family | null;
  /** What the output was, once it has been deleted. */
  expired: Totals | null;
}

/** How the children of an execution are run. */
export interface Family {
  concurrency: number;
  allow_partial_failure: boolean;
}

/** Moments (milliseconds since 1970) at which the one alarm has something to do. */
export interface Timers {
  outbox: number | null;
  lease: number | null;
  expiry: number | null;
  family: number | null;
}

export function newState(spec: ExecutionSpec, now_ms: number): ExecutionState {
  return {
    spec,
    status: "requested",
    log: [{ status: "requested", timestamp: timestamp(now_ms) }],
    start_ms: now_ms,
    end_ms: null,
    exit_code: null,
    canceled_by: null,
    lease: null,
    version: 1,
    outbox: { index: true, pool: "enqueue", parent: false },
    timers: { outbox: null, lease: null, expiry: null, family: null },
    family: null,
    expired: null,
  };
}

/** Takes a status and writes it into the log; false where the status machine does not allow it. */
export function changeStatus(state: ExecutionState, status: Status, now_ms: number): boolean {
  if (!mayFollow(state.status, status)) return false;
  state.status = status;
  state.log.push({ status, timestamp: timestamp(now_ms) });
  state.version++;
  state.outbox.index = true;
  if (isCompleted(status)) {
    state.end_ms = now_ms;
    state.timers.lease = null;
  }
  return true;
}

/** The execution as StackStorm's API shows it: falsy fields are left out. */
export function toExecution(
  state: ExecutionState,
  output: Totals,
  result: Record<string, unknown> | undefined,
  children: string[],
): Execution {
  const { spec, lease } = state;
  const execution: Execution = {
    id: spec.id,
    status: state.status,
    start_timestamp: timestamp(state.start_ms),
    action: spec.action,
    runner: spec.runner,
    liveaction: {
      id: spec.liveaction_id,
      action: spec.action.ref,
      parameters: maskSecrets(spec, spec.parameters),
      action_is_workflow: false,
    },
    parameters: maskSecrets(spec, spec.parameters),
    context: spec.context,
    log: state.log,
    web_url: spec.web_url,
    output: {
      ...output,
      ...(state.timers.expiry === null ? {} : { expires: timestamp(state.timers.expiry) }),
    },
  };
  if (state.end_ms !== null) {
    execution.end_timestamp = timestamp(state.end_ms);
    execution.elapsed_seconds = (state.end_ms - state.start_ms) / 1000;
  }
  if (spec.parent) execution.parent = spec.parent.id;
  if (children.length > 0) execution.children = children;
  if (lease) execution.agent = { id: lease.agent_id, name: lease.agent_name, pool: spec.pool };
  if (result && Object.keys(result).length > 0) {
    execution.result = result;
    execution.result_size = new TextEncoder().encode(JSON.stringify(result)).length;
  }
  return execution;
}

/** What stands in documents for the value of a secret parameter. */
const MASK = "********";

function maskSecrets(spec: ExecutionSpec, values: Record<string, unknown>): Record<string, unknown> {
  const isSecret = (name: string) =>
    spec.action.parameters[name]?.secret || spec.runner.runner_parameters[name]?.secret;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, isSecret(name) ? MASK : value]),
  );
}
