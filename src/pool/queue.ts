import type { LeaseKey } from "../../protocol/agent.ts";
import { kindOf, type Wanted } from "./kind.ts";
import { type Counted, type Line, Load } from "./load.ts";

/** One execution in the pool: reserved (not made yet), waiting (no agent), leased (given), or accepted (on the agent's disk). */
export interface Entry extends Counted {
  execution_id: string;
  epoch: number;
  accepted: boolean;
}

interface Row {
  position: number;
  execution_id: string;
  kind: string;
  user: string;
  epoch: number;
  agent_id: string | null;
  accepted: number;
  reserved: number;
}

const COLUMNS =
  "position, execution_id, kind, user, epoch, agent_id, accepted, reserved_until_ms IS NOT NULL AS reserved";

/** The executions of a pool from their creation to their end, oldest first, in the pool's own database. */
export class Queue {
  readonly #sql: SqlStorage;
  #load: Load | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** How much waits and runs. */
  get load(): Load {
    this.#load ??= this.#readLoad();
    return this.#load;
  }

  /** Keeps a place for an execution that is about to be made, until a moment by which it must be there. */
  reserve(executionId: string, wanted: Wanted, until_ms: number): void {
    if (!this.get(executionId)) this.#insert(executionId, wanted, until_ms);
  }

  /** The execution is there, and waits. */
  add(executionId: string, wanted: Wanted): void {
    if (this.get(executionId)) this.#update(executionId, "reserved_until_ms = NULL");
    else this.#insert(executionId, wanted, null);
  }

  /** Gives up the places of executions that were never made. */
  lapse(now_ms: number): void {
    for (const { execution_id } of this.#read("WHERE reserved_until_ms < ?", now_ms))
      this.remove(execution_id);
  }

  get(executionId: string): Entry | undefined {
    return this.#read("WHERE execution_id = ?", executionId)[0];
  }

  leased(): Entry[] {
    return this.#read("WHERE agent_id IS NOT NULL");
  }

  ofAgent(agentId: string): Entry[] {
    return this.#read("WHERE agent_id = ?", agentId);
  }

  /** The position of the oldest of a line. */
  headOf(line: Line): number | undefined {
    line.head ??= this.#oldest(line)?.position;
    return line.head;
  }

  /** Gives the oldest of a line to an agent, under a new epoch. Undefined where all of it is left out. */
  leaseOldest(line: Line, agentId: string, left_out: readonly string[]): Entry | undefined {
    const entry = this.#oldest(line, left_out);
    if (!entry) return undefined;
    this.#update(entry.execution_id, "agent_id = ?, accepted = 0, epoch = epoch + 1", agentId);
    return this.get(entry.execution_id);
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
    if (this.get(execution_id)?.epoch === epoch) this.#update(execution_id, "agent_id = NULL, accepted = 0");
  }

  /** The agent runs it and is back, while the pool believed that no agent has it. What another has been given is left to that one. */
  takeBack({ execution_id, epoch }: LeaseKey, agentId: string, wanted: Wanted): void {
    const entry = this.get(execution_id);
    if (entry?.agent_id) return;
    if (!entry) this.#insert(execution_id, wanted, null);
    this.#update(execution_id, "agent_id = ?, accepted = 1, epoch = ?", agentId, epoch);
  }

  /** The execution is under another lease than the one that it was to be given under: what is written here becomes that one. */
  correct(given: LeaseKey, held: { epoch: number; agent_id: string | null; started: boolean }): void {
    if (this.get(given.execution_id)?.epoch !== given.epoch) return;
    const { agent_id, started, epoch } = held;
    const set = "agent_id = ?, accepted = ?, epoch = ?";
    this.#update(given.execution_id, set, agent_id, started ? 1 : 0, epoch);
  }

  /** No agent is to run it any more, unless it has been given anew since. */
  drop({ execution_id, epoch }: LeaseKey): void {
    if (this.get(execution_id)?.epoch === epoch) this.remove(execution_id);
  }

  remove(executionId: string): void {
    const { load } = this;
    const entry = this.get(executionId);
    if (!entry) return;
    this.#sql.exec("DELETE FROM queue WHERE execution_id = ?", executionId);
    load.remove(entry);
  }

  #insert(executionId: string, wanted: Wanted, until_ms: number | null): void {
    const { load } = this;
    this.#sql.exec(
      "INSERT INTO queue (execution_id, runner, kind, user, reserved_until_ms) VALUES (?, ?, ?, ?, ?)",
      executionId,
      wanted.runner,
      kindOf(wanted),
      wanted.user,
      until_ms,
    );
    const entry = this.get(executionId);
    if (entry) load.add(entry);
  }

  #update(executionId: string, set: string, ...values: (string | number | null)[]): void {
    const { load } = this;
    const before = this.get(executionId);
    if (!before) return;
    this.#sql.exec(`UPDATE queue SET ${set} WHERE execution_id = ?`, ...values, executionId);
    const after = this.get(executionId);
    load.remove(before);
    if (after) load.add(after);
  }

  #oldest({ kind, user }: Line, left_out: readonly string[] = []): Entry | undefined {
    return this.#read(
      `WHERE agent_id IS NULL AND reserved_until_ms IS NULL AND kind = ? AND user = ?
         AND execution_id NOT IN (SELECT value FROM json_each(?)) ORDER BY position LIMIT 1`,
      kind,
      user,
      JSON.stringify(left_out),
    )[0];
  }

  #read(where: string, ...values: (string | number)[]): Entry[] {
    const rows = this.#sql
      .exec(`SELECT ${COLUMNS} FROM queue ${where}`, ...values)
      .toArray() as unknown as Row[];
    return rows.map((row) => ({ ...row, accepted: row.accepted === 1, reserved: row.reserved === 1 }));
  }

  #readLoad(): Load {
    const load = new Load();
    const rows = this.#sql.exec(
      `SELECT min(position) AS position, kind, user, agent_id, reserved_until_ms IS NOT NULL AS reserved,
         count(*) AS count FROM queue GROUP BY kind, user, agent_id, reserved`,
    );
    for (const row of rows.toArray() as unknown as (Row & { count: number })[])
      load.add({ ...row, reserved: row.reserved === 1 }, row.count);
    return load;
  }
}
