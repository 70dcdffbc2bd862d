import type { LeasedExecution } from "../../protocol/wire/agent.ts";

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
