import type { LeasedExecution, LeaseKey } from "../../protocol/agent.ts";
import { signLease } from "../auth/lease.ts";
import { deploymentSecret } from "../auth/secret.ts";
import type { LeaseHolder } from "../execution/holder.ts";
import { executionStub } from "../execution/stub.ts";
import type { Entry, Queue } from "./queue.ts";

/** What an execution says of a lease that an agent claims. */
export type Claim = { kind: "held"; token: string; cancel: boolean } | { kind: "void" };

/** An execution as its agent gets it, and the bearer of every request under its lease. */
export interface Given {
  execution: LeasedExecution;
  token: string;
}

/** What the pool asks the executions that it has given to agents, and tells them: each checks the lease against its record. */
export class Leases {
  readonly #env: Env;
  readonly #pool: () => string;
  readonly #queue: Queue;

  constructor(env: Env, pool: () => string, queue: Queue) {
    this.#env = env;
    this.#pool = pool;
    this.#queue = queue;
  }

  /** Gives an execution to an agent, with what it may show for it. Undefined: it is no longer to be run. */
  async give(lease: LeaseKey, agentId: string, name: string): Promise<Given | undefined> {
    const execution = await this.#execution(lease).lease(this.#holder(lease, agentId), name);
    return execution && { execution, token: await this.#sign(lease, agentId) };
  }

  /** Whether a lease is still the agent's; its execution may have ended while the agent was away. */
  async claim(lease: LeaseKey, agentId: string): Promise<Claim> {
    const { held, cancel } = await this.#execution(lease).agentBack(this.#holder(lease, agentId));
    return held ? { kind: "held", token: await this.#sign(lease, agentId), cancel } : { kind: "void" };
  }

  /** The agent does not have what it was given: never received, so another may; or received and forgotten. */
  async notHeld(entry: Entry, agentId: string): Promise<void> {
    await this.#end(entry, agentId, "agent_restarted");
  }

  /** An agent that has taken the lease on has the grace time to come back; one that has not never got it. */
  async lost(entry: Entry, agentId: string): Promise<void> {
    if (await this.#takeBack(entry, agentId)) return;
    this.#queue.accept(entry, agentId);
    await this.#execution(entry).agentLost(this.#holder(entry, agentId));
  }

  /** The agent may do nothing any more: what it has begun is over, and the rest another may have. */
  async revoked(entry: Entry, agentId: string): Promise<void> {
    await this.#end(entry, agentId, "agent_revoked");
  }

  async #end(entry: Entry, agentId: string, reason: "agent_restarted" | "agent_revoked"): Promise<void> {
    if (await this.#takeBack(entry, agentId)) return;
    await this.#execution(entry).abandon(this.#holder(entry, agentId), reason);
    this.#queue.remove(entry.execution_id);
  }

  /**
   * Lets another have what the agent has not taken on. It says so, but that may be lost with the socket, and the start is not.
   * The execution voids the lease first: with its token the agent could still start, or read keys, while it waits.
   */
  async #takeBack(entry: Entry, agentId: string): Promise<boolean> {
    if (entry.accepted || !(await this.#execution(entry).unlease(this.#holder(entry, agentId)))) return false;
    this.#queue.putBack(entry);
    return true;
  }

  #sign({ execution_id, epoch }: LeaseKey, agent_id: string): Promise<string> {
    const claims = { execution_id, epoch, agent_id, pool: this.#pool() };
    return signLease(claims, deploymentSecret(this.#env));
  }

  #execution({ execution_id }: { execution_id: string }) {
    return executionStub(this.#env, execution_id);
  }

  #holder({ epoch }: { epoch: number }, agent_id: string): LeaseHolder {
    return { epoch, agent_id, pool: this.#pool() };
  }
}
