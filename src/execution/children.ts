import type { ExpandExecution } from "../../protocol/agent.ts";
import { newId } from "../../protocol/id.ts";
import type { Status } from "../../protocol/status.ts";

/** One child: planned (not made yet), running (made), or done. */
export interface Child {
  id: string;
  /** How the result names it, and where it is. */
  host: string;
  address: string;
  state: "planned" | "running" | "done";
  status: Status | null;
  /** The sequence number, in the child's own log, of the next chunk that is wanted from it. */
  next: number;
}

type Row = Omit<Child, "status"> & { status: string | null };

/** The children of an execution, in the order of the hosts, in the object's own database. */
export class Children {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`CREATE TABLE IF NOT EXISTS child (
      position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, host TEXT NOT NULL, address TEXT NOT NULL,
      state TEXT NOT NULL, status TEXT, next INTEGER NOT NULL, result TEXT)`);
  }

  plan(hosts: ExpandExecution["hosts"]): void {
    for (const { key, address } of hosts) {
      this.#sql.exec(
        "INSERT INTO child (id, host, address, state, next) VALUES (?, ?, ?, 'planned', 1)",
        newId(),
        key,
        address,
      );
    }
  }

  all(): Child[] {
    return this.#read("ORDER BY position");
  }

  get(id: string): Child | undefined {
    return this.#read("WHERE id = ?", id)[0];
  }

  planned(limit: number): Child[] {
    return this.#read("WHERE state = 'planned' ORDER BY position LIMIT ?", limit);
  }

  running(): Child[] {
    return this.#read("WHERE state = 'running' ORDER BY position");
  }

  made(id: string): void {
    this.#sql.exec("UPDATE child SET state = 'running' WHERE id = ? AND state = 'planned'", id);
  }

  /** What came from a child is in the parent's log up to here. */
  advance(id: string, next: number): void {
    this.#sql.exec("UPDATE child SET next = ? WHERE id = ?", next, id);
  }

  /** A child has completed; a second time says nothing new. */
  done(id: string, status: Status, result: unknown): void {
    this.#sql.exec(
      "UPDATE child SET state = 'done', status = ?, result = ? WHERE id = ? AND state <> 'done'",
      status,
      JSON.stringify(result),
      id,
    );
  }

  /** Those that were never made will not be. */
  drop(): void {
    this.#sql.exec("UPDATE child SET state = 'done', status = 'canceled' WHERE state = 'planned'");
  }

  /** The children's results by their hosts, in order. */
  results(): [string, unknown][] {
    const rows = this.#sql.exec<{ host: string; result: string | null }>(
      "SELECT host, result FROM child ORDER BY position",
    );
    return rows.toArray().map(({ host, result }) => [host, result === null ? null : JSON.parse(result)]);
  }

  #read(where: string, ...values: (string | number)[]): Child[] {
    const rows = this.#sql.exec<Row>(
      `SELECT id, host, address, state, status, next FROM child ${where}`,
      ...values,
    );
    return rows.toArray() as Child[];
  }
}
