import type { LeasedExecution } from "../../protocol/wire/agent.ts";

/** The lease that an agent or its pool claims to hold. The execution compares all of it with its own record. */
export interface LeaseHolder {
  epoch: number;
  agent_id: string;
  pool: string;
}

/** Why an agent cannot end its execution any more. */
export type AbandonReason = "agent_lost" | "agent_restarted" | "agent_revoked";

/**
 * The answer when a pool gives an execution to an agent. `held`: another lease is in force, because its agent has started
 * or its epoch is later; `agent_id` is null if that lease is void. `over`: the execution needs no agent any more.
 */
export type GiveResult =
  | { kind: "given"; execution: LeasedExecution }
  | { kind: "held"; epoch: number; agent_id: string | null; started: boolean }
  | { kind: "over" };
