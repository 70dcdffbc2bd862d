import type { LeasedExecution, LeaseKey, PoolMessage } from "../../protocol/wire/agent.ts";
import { signLease } from "../crypto/lease.ts";
import { deploymentSecret } from "../crypto/secret.ts";
import { executionStub } from "../objects/execution.ts";
import type { LeaseHolder } from "../objects/lease.ts";
import type { Wanted } from "../objects/pool.ts";
import type { Lease, PlaceEffect, PlaceEvent } from "./handover.ts";
import type { Entry, Queue } from "./queue.ts";
import { type Roster, startsEarly } from "./roster.ts";

/** What leases are given from, and to. */
export interface LeasesParts {
  env: Env;
  /** The pool's name. */
  pool: () => string;
  queue: Queue;
  roster: Roster;
  /** False: the agent is not connected. */
  tell: (agentId: string, message: PoolMessage) => boolean;
}

/** Waits for what one execution is told: if that fails, the others are told all the same. */
export async function apart(
  { execution_id }: { execution_id: string },
  told: Promise<unknown>,
): Promise<void> {
  await told.catch((error: unknown) => console.error(`execution ${execution_id}: not told yet: ${error}`));
}

/** Brings about what the places of the queue come to: asks the executions, each of which checks the lease, and tells the agents. */
export class Leases {
  readonly #parts: LeasesParts;

  constructor(parts: LeasesParts) {
    this.#parts = parts;
  }

  /**
   * Gives an execution that the queue has leased to its agent. False: it is not to be run under this lease, and the slot is free.
   * Throws where the execution could not be asked; it waits again then.
   */
  async give({ execution_id, epoch, agent_id }: Entry, name: string): Promise<boolean> {
    if (agent_id === null) return false;
    const lease = { epoch, agent_id };
    const answer = await this.#execution(execution_id)
      .lease(this.#holder(lease), name)
      .catch((error: unknown) => {
        this.#parts.queue.step(execution_id, { kind: "unanswered", epoch });
        throw error;
      });
    if (answer.kind === "held") await this.act(execution_id, { kind: "held", epoch, by: answer });
    else if (answer.kind === "over") await this.act(execution_id, { kind: "over", epoch });
    else await this.#offer({ execution_id, epoch }, agent_id, answer.execution);
    return answer.kind === "given";
  }

  /** Something happens to an execution's place, and what follows is done. False: no agent has the execution. */
  async act(execution_id: string, event: PlaceEvent, wanted?: Wanted): Promise<boolean> {
    const effects = this.#parts.queue.step(execution_id, event, wanted);
    for (const effect of effects) await this.#bring(execution_id, effect);
    return !effects.some(({ kind }) => kind === "unheld");
  }

  /** The agent of a lease is not connected, and its grace counts from a moment: see `away` of a place. */
  async lost({ execution_id, epoch, agent_id }: Entry, heard_ms: number): Promise<void> {
    if (agent_id === null) return;
    const lease = { epoch, agent_id };
    await this.act(execution_id, { kind: "away", lease, early: this.isEarly(agent_id), heard_ms });
  }

  /** Whether an agent starts what it gets before that is confirmed. */
  isEarly(agentId: string): boolean {
    return startsEarly(this.#parts.roster.of(agentId));
  }

  /** Sends the agent its lease, unless it has been withdrawn. One that could not be sent was started by none. */
  async #offer(
    { execution_id, epoch }: LeaseKey,
    agentId: string,
    execution: LeasedExecution,
  ): Promise<void> {
    const lease = { epoch, agent_id: agentId };
    const token = await this.#sign(execution_id, lease);
    for (const effect of this.#parts.queue.step(execution_id, { kind: "given", epoch })) {
      if (effect.kind !== "tell") continue;
      if (this.#parts.tell(agentId, { type: "lease", token, execution })) continue;
      await this.act(execution_id, { kind: "away", lease, early: false, heard_ms: Date.now() });
    }
  }

  async #bring(execution_id: string, effect: PlaceEffect): Promise<void> {
    if (effect.kind === "unheld" || effect.kind === "give") return;
    const { lease } = effect;
    const { epoch } = lease;
    const execution = this.#execution(execution_id);
    const holder = this.#holder(lease);
    switch (effect.kind) {
      case "lost":
        return execution.agentLost(holder, effect.heard_ms);
      case "unlease": {
        const is_void = await execution.unlease(holder);
        const { why } = effect;
        const now_ms = Date.now();
        await this.act(
          execution_id,
          is_void ? { kind: "voided", epoch } : { kind: "begun", epoch, why, now_ms },
        );
        return;
      }
      case "abandon":
        if (await execution.abandon(holder, effect.reason))
          await this.act(execution_id, { kind: "abandoned", epoch });
        else await this.act(execution_id, { kind: "unknown", epoch, reason: effect.reason });
        return;
      case "claim":
        return this.#claim(execution_id, lease);
      case "check": {
        const { held, wanted } = await execution.agentBack(holder);
        const found = wanted ? "runs" : held ? "ended" : "void";
        await this.act(execution_id, { kind: "checked", lease, found });
        return;
      }
      case "tell":
        await this.#tell({ execution_id, epoch }, effect.what, lease.agent_id);
    }
  }

  /** Whether a lease is still the agent's; its execution may have ended while the agent was away. */
  async #claim(execution_id: string, lease: Lease): Promise<void> {
    const { held, cancel, wanted } = await this.#execution(execution_id).agentBack(this.#holder(lease));
    const runs = wanted !== undefined;
    await this.act(execution_id, held ? { kind: "mine", lease, runs } : { kind: "not_mine", lease }, wanted);
    if (held && cancel) await this.#tell({ execution_id, epoch: lease.epoch }, "cancel", lease.agent_id);
  }

  async #tell(
    key: LeaseKey,
    what: Extract<PlaceEffect, { kind: "tell" }>["what"],
    agentId: string,
  ): Promise<void> {
    if (what === "lease") return;
    if (what !== "resume") this.#parts.tell(agentId, { type: what, ...key });
    else {
      const token = await this.#sign(key.execution_id, { epoch: key.epoch, agent_id: agentId });
      this.#parts.tell(agentId, { type: "resume", token, ...key });
    }
  }

  #sign(execution_id: string, { epoch, agent_id }: Lease): Promise<string> {
    const claims = { execution_id, epoch, agent_id, pool: this.#parts.pool() };
    return signLease(claims, deploymentSecret(this.#parts.env));
  }

  #execution(execution_id: string) {
    return executionStub(this.#parts.env, execution_id);
  }

  #holder({ epoch, agent_id }: Lease): LeaseHolder {
    return { epoch, agent_id, pool: this.#parts.pool() };
  }
}
