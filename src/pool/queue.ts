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

/**
 * How far ahead a reserved place ends that is stored. A place that ends sooner is in memory only: its execution is about to
 * arrive, and asks again if the pool has forgotten the place.
 */
const STORED_AHEAD_MS = 120_000;

/**
 * The executions of a pool, from creation to end, oldest first, in the pool's own database. Each row that is written is paid for,
 * so a place that is reserved for a moment is not stored, and a change writes the columns that differ.
 */
export class Queue {
  readonly #sql: SqlStorage;
  #load: Load | undefined;
  /** Places that are reserved for a moment. */
  readonly #reserved = new Map<string, Entry>();
  /** The position of the next new place, once it is known. */
  #next: number | undefined;

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
    const brief = [...this.#reserved.values()].filter((entry) => untilOf(entry) < now_ms);
    for (const { execution_id } of [...brief, ...this.#read("WHERE reserved_until_ms < ?", now_ms)])
      this.step(execution_id, { kind: "lapsed" });
  }

  get(executionId: string): Entry | undefined {
    return this.#reserved.get(executionId) ?? this.#read("WHERE execution_id = ?", executionId)[0];
  }

  leased(): Entry[] {
    return this.#read("WHERE agent_id IS NOT NULL");
  }

  ofAgent(agentId: string): Entry[] {
    return this.#read("WHERE agent_id = ?", agentId);
  }

  /** How many leases are in each phase. */
  phases(): Record<string, number> {
    const rows = this.#sql
      .exec<{ phase: string; count: number }>(
        "SELECT phase, count(*) AS count FROM queue WHERE agent_id IS NOT NULL GROUP BY phase",
      )
      .toArray();
    return Object.fromEntries(rows.map(({ phase, count }) => [phase, count]));
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
    // Counted before anything changes: after a restart, the counts are read from the table.
    const { load } = this;
    const after = place && this.#entryOf(executionId, place, entry, wanted);
    this.#store(executionId, entry, after);
    if (entry) load.remove(entry);
    if (after) load.add(after);
    return effects;
  }

  /** The entry of a place. A new one needs what the execution wants, and is the last of the queue. */
  #entryOf(
    execution_id: string,
    place: Place,
    before: Entry | undefined,
    wanted: Wanted | undefined,
  ): Entry | undefined {
    const phase_ms = Date.now();
    const reserved = place.phase === "reserved";
    if (before) {
      const { position, kind, user } = before;
      return { ...place, execution_id, position, kind, user, reserved, phase_ms };
    }
    if (!wanted) return undefined;
    this.#next ??= this.#firstFree();
    const position = this.#next++;
    return { ...place, execution_id, position, kind: kindOf(wanted), user: wanted.user, reserved, phase_ms };
  }

  #store(executionId: string, before: Entry | undefined, after: Entry | undefined): void {
    const was_brief = this.#reserved.delete(executionId);
    if (after && isBrief(after)) this.#reserved.set(executionId, after);
    else if (after && (was_brief || !before)) this.#insert(after);
    else if (after && before) this.#update(before, after);
    else if (!was_brief) this.#sql.exec("DELETE FROM queue WHERE execution_id = ?", executionId);
  }

  #insert(entry: Entry): void {
    const { execution_id, position, kind, user } = entry;
    this.#sql.exec(
      `INSERT INTO queue (epoch, agent_id, reserved_until_ms, phase, phase_ms, execution_id, position, kind, user)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...leaseColumns(entry),
      ...phaseColumns(entry),
      execution_id,
      position,
      kind,
      user,
    );
  }

  /** Most changes are of the phase only, which no SQL index has. */
  #update(before: Entry, after: Entry): void {
    const lease = leaseColumns(after);
    const is_same_lease = leaseColumns(before).every((value, at) => value === lease[at]);
    const columns = is_same_lease ? "" : "epoch = ?, agent_id = ?, reserved_until_ms = ?,";
    this.#sql.exec(
      `UPDATE queue SET ${columns} phase = ?, phase_ms = ? WHERE execution_id = ?`,
      ...(is_same_lease ? [] : lease),
      ...phaseColumns(after),
      after.execution_id,
    );
  }

  #firstFree(): number {
    const { last } = this.#sql.exec<{ last: number | null }>("SELECT max(position) AS last FROM queue").one();
    return (last ?? 0) + 1;
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

/** The columns that SQL indexes have. A reserved place is stored as a waiting one with the end of its time. */
function leaseColumns(place: Place): (string | number | null)[] {
  return [place.epoch, place.agent_id, place.phase === "reserved" ? place.until_ms : null];
}

function phaseColumns({ phase, phase_ms }: Entry): (string | number)[] {
  return [phase === "reserved" ? "waiting" : phase, phase_ms];
}

function isBrief(entry: Entry): boolean {
  return entry.phase === "reserved" && untilOf(entry) - entry.phase_ms < STORED_AHEAD_MS;
}

/** When a reserved place ends. */
function untilOf(place: Place): number {
  return place.phase === "reserved" ? place.until_ms : Number.POSITIVE_INFINITY;
}
