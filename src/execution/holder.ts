import type { ExecutionState } from "./state.ts";

/** What an agent or its pool must name to act under a lease: all of it is checked against the execution's own record. */
export interface LeaseHolder {
  epoch: number;
  agent_id: string;
  pool: string;
}

/** Why an agent that will never end an execution does not. */
export type AbandonReason = "agent_lost" | "agent_restarted" | "agent_revoked";

/** Whether the lease that the record names is this holder's. */
export function isHolder({ lease, spec }: ExecutionState, { epoch, agent_id, pool }: LeaseHolder): boolean {
  if (!lease || lease.is_void) return false;
  return lease.epoch === epoch && lease.agent_id === agent_id && spec.pool === pool;
}
