import type { Wanted } from "../objects/pool.ts";
import { stepPlace } from "./decide/handover.ts";
import { kindOf } from "./decide/kind.ts";
import type { Place, PlaceEffect, PlaceEvent } from "./decide/place.ts";
import type { Line } from "./decide/placing.ts";
import { type Counted, Load } from "./load.ts";

/** One execution in the pool. Its place may be reserved, before it is created. `phase_ms` is when the phase began. */
export type Entry = Counted & Place & { execution_id: string; phase_ms: number };

const COLUMNS = `position, execution_id, kind, user, epoch, agent_id, phase_ms, reserved_until_ms AS until_ms,
  iif(agent_id IS NULL AND reserved_until_ms IS NOT NULL, 'reserved', phase) AS phase`;

/** The executions of a pool, from creation to end, oldest first, in the pool's own database. */
export class Queue {
  readonly #sql: SqlStorage;
  #load: Load | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** How many executions wait and run. */
  get load(): Load {
    this.#load ??= this.#readLoad();
    return this.#load;
  }

  /** Removes reserved places whose time is over. */
  lapse(now_ms: number): void {
    for (const { execution_id } of this.#read("WHERE reserved_until_ms < ?", now_ms))
      this.step(execution_id, { kind: "lapsed" });
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

  /** The position of the oldest entry of a line. It is cached in the line. */
  headOf(line: Line): number | undefined {
    line.head ??= this.oldest(line)?.position;
    return line.head;
  }

  /** The oldest entry of a line that is not left out. */
  oldest({ kind, user }: Line, left_out: readonly string[] = []): Entry | undefined {
    return this.#read(
      `WHERE agent_id IS NULL AND reserved_until_ms IS NULL AND kind = ? AND user = ?
         AND execution_id NOT IN (SELECT value FROM json_each(?)) ORDER BY position LIMIT 1`,
      kind,
      user,
      JSON.stringify(left_out),
    )[0];
  }

  /** Decides what an event does to a place, stores the place, and returns the effects. `wanted` is needed for a new place. */
  step(executionId: string, event: PlaceEvent, wanted?: Wanted): PlaceEffect[] {
    const entry = this.get(executionId);
    const { place, effects } = stepPlace(entry, event);
    if (place === entry) return effects;
    const { load } = this;
    if (!place) this.#sql.exec("DELETE FROM queue WHERE execution_id = ?", executionId);
    else if (entry) this.#update(executionId, place);
    else if (wanted) this.#insert(executionId, wanted, place);
    if (entry) load.remove(entry);
    const after = place && this.get(executionId);
    if (after) load.add(after);
    return effects;
  }

  #insert(executionId: string, { runner, user, ...needs }: Wanted, place: Place): void {
    this.#sql.exec(
      `INSERT INTO queue (epoch, agent_id, phase, phase_ms, reserved_until_ms, execution_id, runner, kind, user)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...columnsOf(place),
      executionId,
      runner,
      kindOf({ runner, ...needs }),
      user,
    );
  }

  #update(executionId: string, place: Place): void {
    this.#sql.exec(
      `UPDATE queue SET epoch = ?, agent_id = ?, phase = ?, phase_ms = ?, reserved_until_ms = ?
       WHERE execution_id = ?`,
      ...columnsOf(place),
      executionId,
    );
  }

  #read(where: string, ...values: (string | number)[]): Entry[] {
    const rows = this.#sql
      .exec(`SELECT ${COLUMNS} FROM queue ${where}`, ...values)
      .toArray() as unknown as Entry[];
    return rows.map((row) => ({ ...row, reserved: row.phase === "reserved" }));
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

/** The columns of a place. A reserved place is stored as a waiting one with the end of its time. */
function columnsOf(place: Place): (string | number | null)[] {
  const { epoch, agent_id, phase } = place;
  const until_ms = phase === "reserved" ? place.until_ms : null;
  return [epoch, agent_id, phase === "reserved" ? "waiting" : phase, Date.now(), until_ms];
}
