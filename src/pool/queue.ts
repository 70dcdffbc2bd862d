import type { Wanted } from "../objects/pool.ts";
import { type Place, type PlaceEvent, type PlaceStep, stepPlace } from "./handover.ts";
import { kindOf } from "./kind.ts";
import { type Counted, type Line, Load } from "./load.ts";

/** One execution in the pool: reserved (not made yet), or at its place, at which it is since a moment. */
export type Entry = Counted & Place & { execution_id: string; phase_ms: number };

/** Whether a lease has been on its way for too long, or its execution is still to be told or asked something. */
export function isOverdue({ phase, phase_ms }: Entry, now_ms: number): boolean {
  // A clock that has jumped either way ends an offer too: its agent may say what it likes of it later.
  if (phase === "offered") return Math.abs(now_ms - phase_ms) > OFFER_MS_MAX;
  return phase === "withdrawn" || phase === "forgotten" || phase === "claimed";
}

/** How long an agent has to accept a lease: it writes a note, and answers. */
const OFFER_MS_MAX = 30_000;

const COLUMNS =
  "position, execution_id, kind, user, epoch, agent_id, phase, phase_ms, reserved_until_ms IS NOT NULL AS reserved";

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
    this.step(entry.execution_id, { kind: "chosen", agent_id: agentId });
    return this.get(entry.execution_id);
  }

  /**
   * Something happens to an execution's place: stores what becomes of it, and gives what is to be done next. `wanted` is what an
   * execution that has no place asks for.
   */
  step(executionId: string, event: PlaceEvent, wanted?: Wanted): PlaceStep["effects"] {
    const entry = this.get(executionId);
    const { place, effects } = stepPlace(entry, event);
    if (!place) this.remove(executionId);
    else if (place !== entry) {
      if (!entry && wanted) this.#insert(executionId, wanted, null);
      this.#put(executionId, place);
    }
    return effects;
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

  #put(executionId: string, { epoch, agent_id, phase }: Place): void {
    const set = "epoch = ?, agent_id = ?, phase = ?, phase_ms = ?";
    this.#update(executionId, set, epoch, agent_id, phase, Date.now());
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
      .toArray() as unknown as Entry[];
    return rows.map((row) => ({ ...row, reserved: Boolean(row.reserved) }));
  }

  #readLoad(): Load {
    const load = new Load();
    const rows = this.#sql.exec(
      `SELECT min(position) AS position, kind, user, agent_id, reserved_until_ms IS NOT NULL AS reserved,
         count(*) AS count FROM queue GROUP BY kind, user, agent_id, reserved`,
    );
    for (const row of rows.toArray() as unknown as (Omit<Counted, "reserved"> & {
      reserved: number;
      count: number;
    })[])
      load.add({ ...row, reserved: row.reserved === 1 }, row.count);
    return load;
  }
}
