import { hasTable } from "../../storage/schema.ts";
import type { Child, KeptEnd, NewChild } from "./child.ts";
import type { StoredChange } from "./redact-stored.ts";
import { CHILD_RESULT_TABLE, CHILD_TABLE } from "./schema.ts";
import type { Vault } from "./vault.ts";

/** Earlier releases stored a result in the child's own row. */
const RESULTS = "child LEFT JOIN child_result USING (id)";
const RESULT = "coalesce(child_result.result, child.result)";

/** The columns that hold sealed values of a child. */
const SEALED = [
  ["child", "draft"],
  ["child", "result"],
  ["child_result", "result"],
  ["child", "secrets"],
] as const;

const COLUMNS = "position, id, name, state, status, next, created, updated";

/**
 * The children of an execution, in the order in which they were planned, as rows of the object's own database. Their drafts
 * and results are sealed.
 */
export class Children {
  readonly #sql: SqlStorage;
  readonly #vault: Vault;
  #are_known = false;

  constructor(sql: SqlStorage, vault: Vault) {
    this.#sql = sql;
    this.#vault = vault;
  }

  /** Looks for the tables again, after a transaction that had made them was rolled back. */
  reload(): void {
    this.#are_known = false;
  }

  /** Plans a child. The first one makes the tables. */
  plan({ id, name, draft }: NewChild, now: string): void {
    if (!this.#exist) for (const table of [CHILD_TABLE, CHILD_RESULT_TABLE]) this.#sql.exec(table);
    this.#sql.exec(
      "INSERT INTO child (id, name, draft, state, next, created, updated) VALUES (?, ?, ?, 'planned', 1, ?, ?)",
      id,
      name,
      draft,
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

  /** The values from which a child is made. */
  draft<T>(id: string): T {
    const { draft } = this.#sql
      .exec<{ draft: ArrayBuffer }>("SELECT draft FROM child WHERE id = ?", id)
      .one();
    return this.#vault.open<T>([id, "draft"], draft);
  }

  /** Notes that a child runs or pauses, if it has not ended. */
  mark(id: string, state: "running" | "paused"): void {
    this.#sql.exec(
      "UPDATE child SET state = ? WHERE id = ? AND state IN ('planned', 'running', 'paused')",
      state,
      id,
    );
  }

  /** Stores how much of a child's output the parent's log has. */
  advance(id: string, next: number): void {
    this.#sql.exec("UPDATE child SET next = ? WHERE id = ?", next, id);
  }

  /** Ends a child that has completed, or that will never be made. Only the first time counts. */
  end(id: string, state: "done" | "dropped", { status, result, secrets }: KeptEnd, now: string): void {
    const { rowsWritten } = this.#sql.exec(
      `UPDATE child SET state = ?, status = ?, secrets = ?, updated = ?
       WHERE id = ? AND state NOT IN ('done', 'dropped')`,
      state,
      status,
      secrets,
      now,
      id,
    );
    if (rowsWritten === 0 || result === null) return;
    this.#sql.exec("INSERT INTO child_result (id, result) VALUES (?, ?)", id, result);
  }

  /** Changes the drafts and the results of all children, in every place where they are stored. */
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

  /** The stored bytes of each result, by the child's id. */
  resultSizes(): Map<string, number> {
    if (!this.#exist) return new Map();
    const rows = this.#sql.exec<{ id: string; bytes: number }>(
      `SELECT id, octet_length(${RESULT}) AS bytes FROM ${RESULTS} WHERE ${RESULT} IS NOT NULL`,
    );
    return new Map(rows.toArray().map(({ id, bytes }) => [id, bytes]));
  }

  /** The result of a child; null for none. Read them one by one: all results may be too much for memory. */
  result(id: string): unknown {
    const { result } = this.#sql
      .exec<{ result: ArrayBuffer | null }>(`SELECT ${RESULT} AS result FROM ${RESULTS} WHERE id = ?`, id)
      .one();
    return result === null ? null : this.#vault.open([id, "result"], result);
  }

  /** The newest result of a name, as JSON. */
  newestResult(name: string): string | undefined {
    if (!this.#exist) return undefined;
    const [row] = this.#sql
      .exec<{ id: string; result: ArrayBuffer }>(
        `SELECT id, ${RESULT} AS result FROM ${RESULTS} WHERE name = ? AND ${RESULT} IS NOT NULL
         ORDER BY position DESC LIMIT 1`,
        name,
      )
      .toArray();
    return row && this.#vault.openJson([row.id, "result"], row.result);
  }

  /** Texts that no document may show, as the children reported them when they ended. */
  secrets(): string[] {
    if (!this.#exist) return [];
    const rows = this.#sql.exec<{ id: string; secrets: ArrayBuffer }>(
      "SELECT id, secrets FROM child WHERE secrets IS NOT NULL",
    );
    return rows.toArray().flatMap(({ id, secrets }) => this.#vault.open<string[]>([id, "secrets"], secrets));
  }

  /** Whether the tables are there. An execution without children has none. */
  get #exist(): boolean {
    this.#are_known ||= hasTable(this.#sql, "child");
    return this.#are_known;
  }

  #read(where: string, ...values: (string | number)[]): Child[] {
    if (!this.#exist) return [];
    return this.#sql.exec(`SELECT ${COLUMNS} FROM child ${where}`, ...values).toArray() as unknown as Child[];
  }
}
