import type { LeasedExecution, LeaseKey } from "../../protocol/agent.ts";
import { signLease } from "../auth/lease.ts";
import { deploymentSecret } from "../auth/secret.ts";
import type { GiveResult, LeaseHolder } from "../execution/holder.ts";
import { executionStub } from "../execution/stub.ts";
import type { Entry, Queue } from "./queue.ts";

/** What an execution says of a lease that an agent claims. */
export type Claim = { kind: "held"; token: string; cancel: boolean } | { kind: "void" };

/** What comes of giving an execution to an agent; what it gets has the bearer of every request under its lease. */
export type Given =
  | { kind: "given"; execution: LeasedExecution; token: string }
  | Exclude<GiveResult, { kind: "given" }>;

/** Waits for what one execution is told: if that fails, the others are told all the same. */
export async function apart({ execution_id }: { execution_id: string }, told: Promise<void>): Promise<void> {
  await told.catch((error: unknown) => console.error(`execution ${execution_id}: not told yet: ${error}`));
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

  /** Gives an execution to an agent, with what it may show for it. */
  async give(lease: LeaseKey, agentId: string, name: string): Promise<Given> {
    const result = await this.#execution(lease).lease(this.#holder(lease, agentId), name);
    return result.kind === "given" ? { ...result, token: await this.#sign(lease, agentId) } : result;
  }

  /** Whether a lease is still the agent's; its execution may have ended while the agent was away. If not, it has its slot. */
  async claim(lease: LeaseKey, agentId: string): Promise<Claim> {
    const { held, cancel, wanted } = await this.#execution(lease).agentBack(this.#holder(lease, agentId));
    // Nothing is awaited in between: once it has ended, the execution gives the slot back.
    if (wanted) this.#queue.takeBack(lease, agentId, wanted);
    return held ? { kind: "held", token: await this.#sign(lease, agentId), cancel } : { kind: "void" };
  }

  /** The agent does not have what it was given: never received, so another may; or received and forgotten. */
  async notHeld(entry: Entry, agentId: string): Promise<void> {
    await this.#end(entry, agentId, "agent_restarted");
  }

  /** An agent that has taken the lease on has the grace time to come back; one that has not never got it. */
  async lost(entry: Entry, agentId: string): Promise<void> {
    if (await this.#lapse(entry, agentId)) return;
    this.#queue.accept(entry, agentId);
    await this.#execution(entry).agentLost(this.#holder(entry, agentId));
  }

  /** The agent may do nothing any more: what it has begun is over, and the rest another may have. */
  async revoked(entry: Entry, agentId: string): Promise<void> {
    await this.#end(entry, agentId, "agent_revoked");
  }

  async #end(entry: Entry, agentId: string, reason: "agent_restarted" | "agent_revoked"): Promise<void> {
    if (await this.#lapse(entry, agentId)) return;
    await this.#execution(entry).abandon(this.#holder(entry, agentId), reason);
    this.#queue.remove(entry.execution_id);
  }

  /**
   * Lets another have what the agent has not taken on. It says so, but that may be lost with the socket, and the start is not.
   * The execution voids the lease first: with its token the agent could still start, or read keys, while it waits.
   */
  async #lapse(entry: Entry, agentId: string): Promise<boolean> {
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
