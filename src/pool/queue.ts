import type { LeaseKey } from "../../protocol/agent.ts";

/** One execution in the pool: waiting (no agent), leased (given), or accepted (on the agent's disk). */
export interface Entry {
  execution_id: string;
  runner: string;
  epoch: number;
  agent_id: string | null;
  accepted: boolean;
}

type Row = Omit<Entry, "accepted"> & { accepted: number };

/** The executions of a pool from their creation to their end, oldest first, in the pool's own database. */
export class Queue {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get length(): number {
    return this.#sql.exec<{ length: number }>("SELECT count(*) AS length FROM queue").one().length;
  }

  add(executionId: string, runner: string): void {
    this.#sql.exec("INSERT OR IGNORE INTO queue (execution_id, runner) VALUES (?, ?)", executionId, runner);
  }

  get(executionId: string): Entry | undefined {
    return this.#read("WHERE execution_id = ?", executionId)[0];
  }

  waiting(): Entry[] {
    return this.#read(`WHERE agent_id IS NULL ORDER BY position LIMIT ${WAITING_READ_MAX}`);
  }

  leased(): Entry[] {
    return this.#read("WHERE agent_id IS NOT NULL");
  }

  ofAgent(agentId: string): Entry[] {
    return this.#read("WHERE agent_id = ?", agentId);
  }

  /** Gives one that waits to an agent; its new epoch, or undefined where another event was faster. */
  lease(executionId: string, agentId: string): number | undefined {
    const rows = this.#sql.exec<{ epoch: number }>(
      `UPDATE queue SET agent_id = ?, accepted = 0, epoch = epoch + 1
       WHERE execution_id = ? AND agent_id IS NULL RETURNING epoch`,
      agentId,
      executionId,
    );
    return rows.toArray()[0]?.epoch;
  }

  /** The agent that an execution was given to has taken the lease on. What another says of it changes nothing. */
  accept({ execution_id, epoch }: LeaseKey, agentId: string): void {
    this.#sql.exec(
      "UPDATE queue SET accepted = 1 WHERE execution_id = ? AND epoch = ? AND agent_id = ?",
      execution_id,
      epoch,
      agentId,
    );
  }

  /** Its agent does not have it: it waits again, unless it has been given to another since. */
  putBack({ execution_id, epoch }: LeaseKey): void {
    this.#sql.exec(
      "UPDATE queue SET agent_id = NULL, accepted = 0 WHERE execution_id = ? AND epoch = ?",
      execution_id,
      epoch,
    );
  }

  remove(executionId: string): void {
    this.#sql.exec("DELETE FROM queue WHERE execution_id = ?", executionId);
  }

  #read(where: string, ...values: string[]): Entry[] {
    const rows = this.#sql.exec<Row>(
      `SELECT execution_id, runner, epoch, agent_id, accepted FROM queue ${where}`,
      ...values,
    );
    return rows.toArray().map((row) => ({ ...row, accepted: row.accepted === 1 }));
  }
}

/** Entries looked at in one dispatch: more than there can be free slots at any moment that matters. */
const WAITING_READ_MAX = 1_000;
