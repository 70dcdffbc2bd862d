import { breathe } from "../base/portions.ts";
import type { Wanted } from "../objects/pool.ts";
import { Able } from "./able.ts";
import type { Agents } from "./agents.ts";
import type { Leases } from "./leases.ts";
import { limitsOf, runningRefusal, waitingRefusal } from "./limits.ts";
import { GIVEN_AT_ONCE_MAX, place } from "./placing.ts";
import type { Entry, Queue } from "./queue.ts";
import { agentsReason } from "./reason.ts";
import type { Agent } from "./roster.ts";
import { Setbacks } from "./setbacks.ts";

/** What a dispatch works on. */
export interface DispatchParts {
  env: Env;
  /** The pool's name. */
  pool: () => string;
  queue: Queue;
  agents: Agents;
  leases: Leases;
  /** Something could not be given: it is to be tried again. */
  retry: () => Promise<void>;
}

/** Gives what waits to agents that can run it, and says of what still waits why. */
export class Dispatch {
  readonly #parts: DispatchParts;
  readonly #able = new Able();
  readonly #setbacks = new Setbacks();

  constructor(parts: DispatchParts) {
    this.#parts = parts;
  }

  /** Gives what can be given now: of one kind, where nothing else has changed, or of all. */
  async run(kind?: string): Promise<void> {
    const { queue, agents, env } = this.#parts;
    const pool = this.#parts.pool();
    for (let is_over = false; !is_over; ) {
      const present = new Map(agents.present(Date.now()).map((agent) => [agent.agent_id, agent]));
      const free = new Map<string, number>();
      const { unable } = agents;
      for (const { agent_id, slots } of present.values()) {
        const left = unable.has(agent_id) ? 0 : slots - queue.load.busyOf(agent_id);
        if (left > 0) free.set(agent_id, left);
      }
      if (free.size === 0) return;
      this.#able.see([...present.values()]);
      const left_out = this.#setbacks.ids(Date.now());
      const given = place({ pool, queue, able: this.#able, free, limits: limitsOf(env), left_out }, kind);
      this.#able.prune((one) => queue.load.hasKind(one));
      const dropped = await this.#giveAll(given, present);
      is_over = given.length < GIVEN_AT_ONCE_MAX && dropped === 0;
      if (!is_over) await breathe();
    }
  }

  /** How long until something that could not be given may be tried again; undefined where there is none. */
  get wait_ms(): number | undefined {
    return this.#setbacks.wait_ms(Date.now());
  }

  /** An agent has begun it: it was set back for nothing that holds any more. */
  began(executionId: string): void {
    this.#setbacks.clear(executionId);
  }

  /** An agent did not take it on: it is left out for a while, as it may not the next time either. */
  setBack(executionId: string): void {
    this.#setbacks.add(executionId, Date.now());
  }

  /** Why an execution waits; undefined once an agent has it. */
  reason(executionId: string, wanted: Wanted): string | undefined {
    const { queue, agents, env } = this.#parts;
    const pool = this.#parts.pool();
    const entry = queue.get(executionId);
    if (entry?.agent_id) return undefined;
    const limits = limitsOf(env);
    const { load } = queue;
    return (
      (entry ? undefined : waitingRefusal(pool, wanted.user, load, limits)) ??
      runningRefusal(pool, wanted.user, load, limits) ??
      agentsReason(pool, agents.present(Date.now()), wanted, (id) => load.busyOf(id), agents.unable) ??
      `an agent in pool ${pool} is about to take it`
    );
  }

  /** Whether an execution may wait here: why not, if it may not. It has a place already, or gets one. */
  refusal(executionId: string, wanted: Wanted): string | undefined {
    const { queue, env } = this.#parts;
    const pool = this.#parts.pool();
    if (queue.get(executionId)) return undefined;
    queue.lapse(Date.now());
    return waitingRefusal(pool, wanted.user, queue.load, limitsOf(env));
  }

  /**
   * Each agent's in the order in which they were chosen; an execution that is slow to answer holds up no other agent's. Tells
   * how many were not to be run, or not by them, so that their slots are free again.
   */
  async #giveAll(given: Entry[], agents: ReadonlyMap<string, Agent>): Promise<number> {
    let dropped = 0;
    const by_agent = Map.groupBy(given, ({ agent_id }) => agent_id);
    await Promise.all(
      [...by_agent].map(async ([agentId, entries]) => {
        const agent = agents.get(agentId ?? "");
        if (agent) for (const entry of entries) if (!(await this.#give(entry, agent))) dropped++;
      }),
    );
    return dropped;
  }

  /** False: it is not to be run under this lease, and the slot is free. */
  async #give(entry: Entry, { name }: Agent): Promise<boolean> {
    const { leases, retry } = this.#parts;
    const { execution_id } = entry;
    try {
      const is_given = await leases.give(entry, name);
      // One that an agent has declined may be declined again.
      if (!is_given) this.#setbacks.clear(execution_id);
      return is_given;
    } catch (error) {
      console.error(`execution ${execution_id}: not given yet: ${error}`);
      this.#setbacks.add(execution_id, Date.now());
      await retry();
      return true;
    }
  }
}
