import type { Status } from "../../protocol/base/status.ts";
import type { Context, Effect } from "../../src/execution/decide/decision.ts";
import type { Child } from "../../src/execution/state/child.ts";
import type { Progress } from "../../src/execution/state/progress.ts";
import { UNBEGUN } from "../../src/execution/state/progress.ts";
import type { ExecutionState } from "../../src/execution/state/state.ts";

/** The time of the events in these tests. */
export const NOW_MS = Date.parse("2026-11-30T12:00:00.000Z");

const NO_BYTES = { stdout: 0, stderr: 0, other: 0 };

export const HOLDER = { epoch: 1, agent_id: "agent-1", pool: "default" };
export const OTHER = { epoch: 1, agent_id: "agent-2", pool: "default" };
export const LEASE = { epoch: 1, agent_id: "agent-1", agent_name: "build host" };

/** The context of a decision. */
export function contextOf(changes: Partial<Context> = {}): Context {
  return {
    now_ms: NOW_MS,
    grace_ms: 60_000,
    heard_ms: 0,
    totals: { last_seq: 0, bytes: NO_BYTES, gaps: 0, lines: NO_BYTES },
    children: [],
    progress: undefined,
    redaction: [],
    ...changes,
  };
}

/** The totals of a log that ends with a sequence number. */
export function totalsTo(last_seq: number): Context["totals"] {
  return { last_seq, bytes: NO_BYTES, gaps: 0, lines: NO_BYTES };
}

/** The state of a shell command's execution in this status. */
export function stateIn(status: Status, changes: Partial<ExecutionState> = {}): ExecutionState {
  const log = [{ status, timestamp: "2026-11-30T11:59:59.000000Z" }];
  return {
    spec: specOf("local-shell-cmd"),
    status,
    log,
    start_ms: NOW_MS - 1_000,
    end_ms: null,
    delay_ms: 0,
    exit_code: null,
    canceled_by: null,
    lease: null,
    version: 1,
    outbox: { index: false, pool: null, parent: false, announced: log.length },
    timers: { outbox: null, lease: null, expiry: null, removal: null, family: null, delay: null },
    family: null,
    keeping: { output_ttl_days: 7, execution_ttl_days: 0, stream_output: true, output_bytes_max: 0 },
    pinned: false,
    expired: null,
    ...changes,
  };
}

/** The state of an execution that an agent has started. */
export function runningState(changes: Partial<ExecutionState> = {}): ExecutionState {
  return stateIn("running", { lease: { ...LEASE, is_begun: true }, ...changes });
}

/** The state of a chain of two tasks: `build`, then `ship` on success or `clean` on failure. */
export function chainState(
  status: Status = "running",
  changes: Partial<ExecutionState> = {},
): ExecutionState {
  return stateIn(status, { spec: specOf("action-chain"), family: { kind: "chain" }, ...changes });
}

/** The state of a run on several hosts. */
export function hostsState(
  status: Status = "running",
  changes: Partial<ExecutionState> = {},
): ExecutionState {
  const family = { kind: "hosts", concurrency: 2, allow_partial_failure: false } as const;
  return stateIn(status, { family, ...changes });
}

/** A child, by its place among its parent's children. */
export function childOf(position: number, changes: Partial<Child> = {}): Child {
  return {
    position,
    id: `child-${position}`,
    name: `host-${position}`,
    state: "planned",
    status: null,
    next: 1,
    created: "2026-11-30T11:59:59.000000Z",
    updated: "2026-11-30T11:59:59.000000Z",
    ...changes,
  };
}

/** The progress of a started chain. */
export function progressOf(changes: Partial<Progress> = {}): Progress {
  return { ...UNBEGUN, next: "build", status: "succeeded", ...changes };
}

/** The kinds of a decision's effects, in order. */
export function kindsOf(effects: readonly Effect[]): string[] {
  return effects.map(({ kind }) => kind);
}

const TASK = { parameters: {}, params: {}, publish: {}, "on-success": "", "on-failure": "" };

const CHAIN = {
  vars: {},
  default: "build",
  chain: [
    { ...TASK, name: "build", ref: "core.local", "on-success": "ship", "on-failure": "clean" },
    { ...TASK, name: "ship", ref: "core.local", publish: { version: "{{ ship.stdout }}" } },
    { ...TASK, name: "clean", ref: "core.local" },
  ],
};

function specOf(runner: string): ExecutionState["spec"] {
  const is_chain = runner === "action-chain";
  return {
    id: "6b0d154c00067b39311cff3c",
    liveaction_id: "6b0d154c00067b39311cff3d",
    action: {
      id: "action-1",
      ref: "core.local",
      pack: "core",
      name: "local",
      runner_type: runner,
      parameters: {},
      ...(is_chain ? { chain: CHAIN } : {}),
    } as unknown as ExecutionState["spec"]["action"],
    runner: { name: runner, runner_parameters: {} } as unknown as ExecutionState["spec"]["runner"],
    context: { user: "ann" },
    pool: "default",
    web_url: "https://tailrace.example/executions/6b0d154c00067b39311cff3c",
  };
}
