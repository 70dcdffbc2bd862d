import type { Needs } from "../objects/pool.ts";
import type { Agent } from "./decide/agent.ts";
import { canRun, needsOf } from "./decide/kind.ts";

/** The agents that can run each kind of execution. It is kept between dispatches, because there may be many of both. */
export class Able {
  readonly #agents = new Map<string, Agent>();
  readonly #kinds = new Map<string, { needs: Needs; ids: Set<string> }>();

  /** Takes the present agents. An agent that has not changed is the same object. */
  see(agents: readonly Agent[]): void {
    const seen = new Set(agents.map(({ agent_id }) => agent_id));
    for (const id of this.#agents.keys()) if (!seen.has(id)) this.#forget(id);
    for (const agent of agents) if (this.#agents.get(agent.agent_id) !== agent) this.#take(agent);
  }

  /** The ids of the agents that can run a kind. */
  of(kind: string): ReadonlySet<string> {
    const known = this.#kinds.get(kind);
    if (known) return known.ids;
    const needs = needsOf(kind);
    const ids = new Set<string>();
    for (const agent of this.#agents.values()) if (canRun(agent, needs)) ids.add(agent.agent_id);
    this.#kinds.set(kind, { needs, ids });
    return ids;
  }

  /** Forgets kinds without waiting executions, once there are many kinds. */
  prune(waits: (kind: string) => boolean): void {
    if (this.#kinds.size < KINDS_MIN) return;
    for (const kind of this.#kinds.keys()) if (!waits(kind)) this.#kinds.delete(kind);
  }

  #take(agent: Agent): void {
    this.#agents.set(agent.agent_id, agent);
    for (const { needs, ids } of this.#kinds.values()) {
      if (canRun(agent, needs)) ids.add(agent.agent_id);
      else ids.delete(agent.agent_id);
    }
  }

  #forget(id: string): void {
    this.#agents.delete(id);
    for (const { ids } of this.#kinds.values()) ids.delete(id);
  }
}

/** Up to this number, kinds are kept even if no execution of them waits. */
const KINDS_MIN = 1_000;
