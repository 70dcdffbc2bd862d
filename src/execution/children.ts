import type { Status } from "../../protocol/status.ts";
import type { Vault } from "./vault.ts";

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
    this.#sql.exec(
      `UPDATE child SET state = ?, status = ?, result = ?, secrets = ?, updated = ?
       WHERE id = ? AND state NOT IN ('done', 'dropped')`,
      state,
      status,
      this.#vault.seal([id, "result"], result),
      secrets.length === 0 ? null : this.#vault.seal([id, "secrets"], secrets),
      now,
      id,
    );
  }

  /** Changes what the children are made from and what came of them, wherever it is stored. */
  rewrite(change: (value: unknown) => unknown): void {
    for (const { id } of this.all()) {
      for (const what of ["draft", "result", "secrets"] as const) {
        const { sealed } = this.#sql
          .exec<{ sealed: ArrayBuffer | null }>(`SELECT ${what} AS sealed FROM child WHERE id = ?`, id)
          .one();
        if (!sealed) continue;
        const value = change(this.#vault.open<unknown>([id, what], sealed));
        this.#sql.exec(`UPDATE child SET ${what} = ? WHERE id = ?`, this.#vault.seal([id, what], value), id);
      }
    }
  }

  /** The results by their children's positions, in order, as far as there are any. */
  results(): Map<number, unknown> {
    const rows = this.#sql.exec<{ position: number; id: string; result: ArrayBuffer }>(
      "SELECT position, id, result FROM child WHERE result IS NOT NULL ORDER BY position",
    );
    return new Map(
      rows.toArray().map(({ position, id, result }) => [position, this.#vault.open([id, "result"], result)]),
    );
  }

  /** The newest result of a name, as JSON. */
  newestResult(name: string): string | undefined {
    const [row] = this.#sql
      .exec<{ id: string; result: ArrayBuffer }>(
        "SELECT id, result FROM child WHERE name = ? AND result IS NOT NULL ORDER BY position DESC LIMIT 1",
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
