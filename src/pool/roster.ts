import type { Labels } from "../../protocol/model/label.ts";
import type { AnnouncedPack, Hello } from "../../protocol/wire/agent.ts";
import { CONFIRMED_SINCE } from "../../protocol/wire/version.ts";

/** An agent as its last hello describes it. */
export interface Agent {
  agent_id: string;
  name: string;
  version: string;
  /** The version of the protocol that is spoken with it; null for an agent from before there were versions. */
  protocol: number | null;
  slots: number;
  runners: string[];
  labels: Labels;
  packs: AnnouncedPack[];
  /** Of agents that say so. */
  clock_skew_ms?: number;
}

/** Whether an agent starts a program as soon as it gets its lease: it is from before version 3, or not known any more. */
export function startsEarly(agent: Agent | undefined): boolean {
  return (agent?.protocol ?? 0) < CONFIRMED_SINCE;
}

/**
 * The agents of a pool in the pool's own database: those that have an identity, and what each said in its last hello. One
 * from before there were identities stands here for as long as it is connected.
 */
export class Roster {
  readonly #sql: SqlStorage;
  /** Rows that have been read. Only this object writes them. */
  readonly #read = new Map<string, Agent>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** How many agents have an identity. */
  get length(): number {
    return this.#sql.exec<{ length: number }>("SELECT count(*) AS length FROM agents WHERE is_known").one()
      .length;
  }

  /** Whether an agent has an identity. */
  isKnown(agentId: string): boolean {
    const rows = this.#sql.exec("SELECT 1 FROM agents WHERE agent_id = ? AND is_known", agentId);
    return rows.toArray().length > 0;
  }

  /** The agent has an identity from here on. */
  enroll(agentId: string): void {
    this.#sql.exec(
      "INSERT INTO agents (agent_id, is_known) VALUES (?, 1) ON CONFLICT (agent_id) DO UPDATE SET is_known = 1",
      agentId,
    );
  }

  /** The agent has no identity any more. */
  dismiss(agentId: string): void {
    this.#sql.exec("DELETE FROM agents WHERE agent_id = ?", agentId);
    this.#read.delete(agentId);
  }

  /** An agent that has no identity has gone. */
  forget(agentId: string): void {
    this.#sql.exec("DELETE FROM agents WHERE agent_id = ? AND NOT is_known", agentId);
    this.#read.delete(agentId);
  }

  /** Takes what an agent says of itself; one that speaks a version has come by its identity. */
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

  /** What an agent said last; undefined for one that never did. */
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
