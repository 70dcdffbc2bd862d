import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { onTestFinished, vi } from "vitest";

/** One billed write: where it went, what it was, and its rows, as the platform counts them. */
export interface Billed {
  store: "object" | "index";
  what: string;
  rows: number;
}

/** The rows of some writes whose description contains a text. */
export function rowsOf(billed: readonly Billed[], store: Billed["store"], text = ""): number {
  return billed
    .filter((one) => one.store === store && one.what.includes(text))
    .reduce((sum, { rows }) => sum + rows, 0);
}

/**
 * Notes every write of all objects and of the index until the test is over. SQL statements carry the platform's own count,
 * which includes the entries of SQL indexes. A change of a key, and of the alarm, is a row each.
 */
export async function billedWrites(): Promise<Billed[]> {
  const billed: Billed[] = [];
  await runInDurableObject(env.RUNNER_POOL.getByName("billed"), (_, { storage }) => {
    note(storage.sql, "exec", ([sql], { rowsWritten }) => add("object", `sql ${sql}`, rowsWritten));
    note(storage.kv, "put", ([key]) => add("object", `put ${key}`, 1));
    note(storage.kv, "delete", ([key]) => add("object", `delete ${key}`, 1));
    note(storage, "setAlarm", () => add("object", "alarm", 1));
    note(storage, "deleteAlarm", () => add("object", "alarm", 1));
  });
  // The index's own count is in the answers of its sessions, which the runtime keeps private.
  const { alwaysPrimarySession } = env.INDEX as unknown as { alwaysPrimarySession: object };
  note(Object.getPrototypeOf(alwaysPrimarySession), "_send", async ([, sql], answer) => {
    const statements = [sql].flat();
    for (const [at, { meta }] of [await answer].flat().entries())
      add("index", statements[at], meta?.rows_written ?? 0);
  });
  return billed;

  function add(store: Billed["store"], what: string, rows: number): void {
    if (rows > 0) billed.push({ store, what: what.trim().replaceAll(/\s+/g, " "), rows });
  }
}

/** Calls a function with the arguments and the result of each call of a method. Objects of one class share the method. */
function note(
  object: object,
  method: string,
  // biome-ignore lint/suspicious/noExplicitAny: the runtime's methods take and return values of every shape.
  tell: (given: any[], result: any) => unknown,
): void {
  const prototype = Object.getPrototypeOf(object);
  const original = prototype[method];
  const spy = vi.spyOn(prototype, method).mockImplementation(function (this: unknown, ...given: unknown[]) {
    const result = original.apply(this, given);
    void Promise.resolve(tell(given, result)).catch(() => undefined);
    return result;
  });
  onTestFinished(() => void spy.mockRestore());
}
