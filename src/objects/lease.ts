import type { LeasedExecution } from "../../protocol/wire/agent.ts";

/** What an agent or its pool names to act under a lease. The execution checks all of it against its own record. */
export interface LeaseHolder {
  epoch: number;
  agent_id: string;
  pool: string;
}

/** Why an agent will never end its execution. */
export type AbandonReason = "agent_lost" | "agent_restarted" | "agent_revoked";

/**
 * The answer when a pool gives an execution to an agent. `held`: another lease is in force, because its agent has started or
 * its epoch is later; `agent_id` is null where that lease is void. `over`: no agent is to run the execution any more.
 */
export type GiveResult =
  | { kind: "given"; execution: LeasedExecution }
  | { kind: "held"; epoch: number; agent_id: string | null; started: boolean }
  | { kind: "over" };
