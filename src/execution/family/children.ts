import type { Status } from "../../../protocol/base/status.ts";
import type { StoredChange } from "../state/redact-stored.ts";
import type { Vault } from "../state/vault.ts";

/** One child: planned (not made yet), running (made), paused, done, or dropped (never made, and will not be). */
export interface Child {
  position: number;
  id: string;
  /** How its parent calls it: its host, or its task. */
  name: string;
  state: "planned" | "running" | "paused" | "done" | "dropped";
  status: Status | null;
  /** The sequence number, in the child's own log, of the next chunk that is wanted from it. */
  next: number;
  /** When it was planned, and when it was last heard of. */
  created: string;
  updated: string;
}

/** A child that is to be made: `draft` is what its parent makes it from. */
export interface NewChild {
  id: string;
  name: string;
  draft: unknown;
}

/** What a parent keeps of how a child ended. */
export interface KeptEnd {
  status: Status;
  result: unknown;
  /** Texts that no document may show. */
  secrets: string[];
}

/** A result of before there were rows for them stands in the child's own. */
const RESULTS = "child LEFT JOIN child_result USING (id)";
const RESULT = "coalesce(child_result.result, child.result)";

/** Where there is something sealed of a child. */
const SEALED = [
  ["child", "draft"],
  ["child", "result"],
  ["child_result", "result"],
  ["child", "secrets"],
] as const;

const COLUMNS = "position, id, name, state, status, next, created, updated";

/**
 * The children of an execution, in the order in which they were planned, in the object's own database. What they are made
 * from and what came of them is sealed.
 */
export class Children {
  readonly #sql: SqlStorage;
  readonly #vault: Vault;

  constructor(sql: SqlStorage, vault: Vault) {
    this.#sql = sql;
    this.#vault = vault;
  }

  plan({ id, name, draft }: NewChild, now: string): void {
    this.#sql.exec(
      "INSERT INTO child (id, name, draft, state, next, created, updated) VALUES (?, ?, ?, 'planned', 1, ?, ?)",
      id,
      name,
      this.#vault.seal([id, "draft"], draft),
      now,
      now,
    );
  }

  all(): Child[] {
    return this.#read("ORDER BY position");
  }

  get(id: string): Child | undefined {
    return this.#read("WHERE id = ?", id)[0];
  }

  last(): Child | undefined {
    return this.#read("ORDER BY position DESC LIMIT 1")[0];
  }

  planned(limit: number): Child[] {
    return this.#read("WHERE state = 'planned' ORDER BY position LIMIT ?", limit);
  }

  /** Those that were made and have not ended. */
  made(): Child[] {
    return this.#read("WHERE state IN ('running', 'paused') ORDER BY position");
  }

  /** What a child is made from, as it was planned. */
  draft<T>(id: string): T {
    const { draft } = this.#sql
      .exec<{ draft: ArrayBuffer }>("SELECT draft FROM child WHERE id = ?", id)
      .one();
    return this.#vault.open<T>([id, "draft"], draft);
  }

  /** A child that has not ended runs, or pauses. */
  mark(id: string, state: "running" | "paused"): void {
    this.#sql.exec(
      "UPDATE child SET state = ? WHERE id = ? AND state IN ('planned', 'running', 'paused')",
      state,
      id,
    );
  }

  /** What came from a child is in the parent's log up to here. */
  advance(id: string, next: number): void {
    this.#sql.exec("UPDATE child SET next = ? WHERE id = ?", next, id);
  }

  /** A child has completed, or will never be made; a second time says nothing new. */
  end(id: string, state: "done" | "dropped", { status, result, secrets }: KeptEnd, now: string): void {
    const { rowsWritten } = this.#sql.exec(
      `UPDATE child SET state = ?, status = ?, secrets = ?, updated = ?
       WHERE id = ? AND state NOT IN ('done', 'dropped')`,
      state,
      status,
      secrets.length === 0 ? null : this.#vault.seal([id, "secrets"], secrets),
      now,
      id,
    );
    if (rowsWritten === 0) return;
    this.#sql.exec(
      "INSERT INTO child_result (id, result) VALUES (?, ?)",
      id,
      this.#vault.seal([id, "result"], result),
    );
  }

  /** Changes what the children are made from and what came of them, wherever it is stored. */
  rewrite(change: StoredChange): void {
    for (const { id } of this.all()) {
      for (const [table, what] of SEALED) {
        const [row] = this.#sql
          .exec<{ sealed: ArrayBuffer | null }>(`SELECT ${what} AS sealed FROM ${table} WHERE id = ?`, id)
          .toArray();
        if (!row?.sealed) continue;
        const value = change[what](this.#vault.open<unknown>([id, what], row.sealed));
        this.#sql.exec(
          `UPDATE ${table} SET ${what} = ? WHERE id = ?`,
          this.#vault.seal([id, what], value),
          id,
        );
      }
    }
  }

  /** The bytes that each child's result takes where it is stored, by the children's ids, as far as there are any. */
  resultSizes(): Map<string, number> {
    const rows = this.#sql.exec<{ id: string; bytes: number }>(
      `SELECT id, octet_length(${RESULT}) AS bytes FROM ${RESULTS} WHERE ${RESULT} IS NOT NULL`,
    );
    return new Map(rows.toArray().map(({ id, bytes }) => [id, bytes]));
  }

  /** The result of a child; null for none. Of many children one after the other: all of them may be too much for memory. */
  result(id: string): unknown {
    const { result } = this.#sql
      .exec<{ result: ArrayBuffer | null }>(`SELECT ${RESULT} AS result FROM ${RESULTS} WHERE id = ?`, id)
      .one();
    return result === null ? null : this.#vault.open([id, "result"], result);
  }

  /** The newest result of a name, as JSON. */
  newestResult(name: string): string | undefined {
    const [row] = this.#sql
      .exec<{ id: string; result: ArrayBuffer }>(
        `SELECT id, ${RESULT} AS result FROM ${RESULTS} WHERE name = ? AND ${RESULT} IS NOT NULL
         ORDER BY position DESC LIMIT 1`,
        name,
      )
      .toArray();
    return row && this.#vault.openJson([row.id, "result"], row.result);
  }

  /** Texts that no document may show, by what the children said as they ended. */
  secrets(): string[] {
    const rows = this.#sql.exec<{ id: string; secrets: ArrayBuffer }>(
      "SELECT id, secrets FROM child WHERE secrets IS NOT NULL",
    );
    return rows.toArray().flatMap(({ id, secrets }) => this.#vault.open<string[]>([id, "secrets"], secrets));
  }

  #read(where: string, ...values: (string | number)[]): Child[] {
    return this.#sql.exec(`SELECT ${COLUMNS} FROM child ${where}`, ...values).toArray() as unknown as Child[];
  }
}

/** Whether nothing is to come from a child any more. */
export function isOver({ state }: Child): boolean {
  return state === "done" || state === "dropped";
}
