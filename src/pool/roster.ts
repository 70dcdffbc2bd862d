import type { Hello } from "../../protocol/wire/agent.ts";
import type { Drained } from "../../protocol/wire/agent-state.ts";
import type { Agent } from "./decide/agent.ts";

/**
 * The agents of a pool in the pool's own database: those that have an identity, and the last hello of each. An agent from
 * before there were identities has a row only while it is connected.
 */
export class Roster {
  readonly #sql: SqlStorage;
  /** A cache of rows. Only this object writes rows. */
  readonly #read = new Map<string, Agent>();
  #drained: Map<string, Drained> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** How many agents have an identity. */
  get length(): number {
    return this.#sql.exec<{ length: number }>("SELECT count(*) AS length FROM agents WHERE is_known").one()
      .length;
  }

  /** Reads the storage. Throws if it cannot be read. */
  touch(): void {
    this.#sql.exec("SELECT 1 FROM agents LIMIT 1").toArray();
  }

  /** Whether an agent has an identity. */
  isKnown(agentId: string): boolean {
    const rows = this.#sql.exec("SELECT 1 FROM agents WHERE agent_id = ? AND is_known", agentId);
    return rows.toArray().length > 0;
  }

  /** Gives the agent an identity. */
  enroll(agentId: string): void {
    this.#sql.exec(
      "INSERT INTO agents (agent_id, is_known) VALUES (?, 1) ON CONFLICT (agent_id) DO UPDATE SET is_known = 1",
      agentId,
    );
  }

  /** Removes the agent and its identity. */
  dismiss(agentId: string): void {
    this.#sql.exec("DELETE FROM agents WHERE agent_id = ?", agentId);
    this.#read.delete(agentId);
    this.#drained?.delete(agentId);
  }

  /** Removes a lost agent, if it has no identity. */
  forget(agentId: string): void {
    this.#sql.exec("DELETE FROM agents WHERE agent_id = ? AND NOT is_known", agentId);
    this.#read.delete(agentId);
  }

  /** Stores an agent's hello. An agent that speaks a protocol version has an identity. */
  describe(agentId: string, protocol: number | null, hello: Hello): Agent {
    const { name, version, slots, runners, labels, packs, clock_skew_ms } = hello;
    const agent = {
      ...{ agent_id: agentId, name, version, protocol, slots, runners, labels, packs },
      ...(clock_skew_ms === undefined ? {} : { clock_skew_ms }),
    };
    this.#sql.exec(
      `INSERT INTO agents (agent_id, is_known, hello) VALUES (?, ?, ?)
       ON CONFLICT (agent_id) DO UPDATE SET is_known = excluded.is_known, hello = excluded.hello`,
      agentId,
      protocol === null ? 0 : 1,
      JSON.stringify(agent),
    );
    this.#read.set(agentId, agent);
    return agent;
  }

  /** The drained agents, by their ids. */
  get drained(): ReadonlyMap<string, Drained> {
    this.#drained ??= new Map(
      this.#sql
        .exec<{ agent_id: string; drained: string }>(
          "SELECT agent_id, drained FROM agents WHERE drained IS NOT NULL",
        )
        .toArray()
        .map(({ agent_id, drained }) => [agent_id, JSON.parse(drained)]),
    );
    return this.#drained;
  }

  /** Stores that an agent is drained; undefined: that it no longer is. An agent without an identity has no row, and stays as it is. */
  setDrained(agentId: string, drained: Drained | undefined): void {
    const stored = drained === undefined ? null : JSON.stringify(drained);
    this.#sql.exec("UPDATE agents SET drained = ? WHERE agent_id = ? AND is_known", stored, agentId);
    this.#drained = undefined;
  }

  /** The last hello of an agent; undefined for an agent without one. */
  of(agentId: string): Agent | undefined {
    const read = this.#read.get(agentId);
    if (read) return read;
    const [row] = this.#sql
      .exec<{ hello: string | null }>("SELECT hello FROM agents WHERE agent_id = ?", agentId)
      .toArray();
    if (!row?.hello) return undefined;
    const agent: Agent = JSON.parse(row.hello);
    this.#read.set(agentId, agent);
    return agent;
  }
}
