import type { LeasedExecution } from "../../protocol/agent.ts";
import type { ExecutionState } from "./state.ts";

/** What an agent or its pool must name to act under a lease: all of it is checked against the execution's own record. */
export interface LeaseHolder {
  epoch: number;
  agent_id: string;
  pool: string;
}

/** Why an agent that will never end an execution does not. */
export type AbandonReason = "agent_lost" | "agent_restarted" | "agent_revoked";

/**
 * What comes of giving an execution to an agent. `held`: it is under another lease, of an agent that has started it, or of a
 * later epoch; no agent's, where that is void. `over`: no agent is to run it any more.
 */
export type GiveResult =
  | { kind: "given"; execution: LeasedExecution }
  | { kind: "held"; epoch: number; agent_id: string | null; started: boolean }
  | { kind: "over" };

/** Whether an agent has started the process, whatever has become of it since. */
export function hasStarted({ log }: ExecutionState): boolean {
  return log.some(({ status }) => status === "running");
}

/** Whether the lease that the record names is this holder's. */
export function isHolder({ lease, spec }: ExecutionState, { epoch, agent_id, pool }: LeaseHolder): boolean {
  if (!lease || lease.is_void) return false;
  return lease.epoch === epoch && lease.agent_id === agent_id && spec.pool === pool;
}
