import { TailraceError } from "../../protocol/base/errors.ts";

/**
 * One numbered step that changes an object's storage from one format to the next. A step runs in portions, each a
 * transaction of its own: "more" asks for another portion, "done" ends the step. After a crash the step continues behind
 * the last stored portion, so each portion first looks for the remaining work.
 */
export interface SchemaStep {
  name: string;
  run: (storage: DurableObjectStorage) => "done" | "more";
}

/**
 * Brings an object's storage to its last step, and calls `ready` after it and before the object's first event. An empty
 * storage stays empty: call `beginSchema` before the first write. Throws `newer_state` for a storage that a later release has
 * written, and leaves it unchanged.
 */
export function openSchema(
  ctx: DurableObjectState,
  steps: readonly SchemaStep[],
  ready: () => void = () => undefined,
): void {
  const { storage } = ctx;
  if (isEmpty(storage) || versionOf(storage, steps) === steps.length) {
    ready();
    return;
  }
  void ctx.blockConcurrencyWhile(async () => {
    // Each portion is stored before the next: all portions together may be too much for one transaction.
    while (runPortion(storage, steps)) await storage.sync();
    ready();
  });
}

/** The same for an empty storage, within one event. It costs one read if there is nothing to do. */
export function beginSchema(storage: DurableObjectStorage, steps: readonly SchemaStep[]): void {
  while (runPortion(storage, steps));
}

/** Marks an empty storage as being at the last step, if that one needs no tables. */
export function skipSchema({ kv }: DurableObjectStorage, steps: readonly SchemaStep[]): void {
  kv.put(VERSION, steps.length);
}

/** Whether a storage has a table. */
export function hasTable(sql: SqlStorage, name: string): boolean {
  return sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name).toArray().length > 0;
}

/** The key of the number of steps that a storage has taken. */
const VERSION = "schema";

/** A storage without a number is older than the numbers: the first steps handle it. */
function versionOf({ kv }: DurableObjectStorage, steps: readonly SchemaStep[]): number {
  const version = kv.get<number>(VERSION) ?? 0;
  if (version > steps.length) throw new TailraceError("newer_state");
  return version;
}

/** Runs the next portion; false if there is none. */
function runPortion(storage: DurableObjectStorage, steps: readonly SchemaStep[]): boolean {
  const version = versionOf(storage, steps);
  const step = steps[version];
  if (!step) return false;
  storage.transactionSync(() => {
    if (step.run(storage) === "done") storage.kv.put(VERSION, version + 1);
  });
  return true;
}

function isEmpty({ kv, sql }: DurableObjectStorage): boolean {
  // Read to its end: a query that is still open locks its tables against the steps.
  if ([...kv.list({ limit: 1 })].length > 0) return false;
  // The platform's own tables do not count.
  const tables = sql.exec(
    "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' LIMIT 1",
  );
  return tables.toArray().length === 0;
}
