import { TailraceError } from "../../protocol/base/errors.ts";

/**
 * One numbered step of an object's storage on its way from its first form to the present one. It is run portion by portion,
 * each a transaction of its own: "more" asks for another, "done" ends the step. After a crash the last portion that was
 * stored is followed by the next, so each begins by looking for what is left to do.
 */
export interface SchemaStep {
  name: string;
  run: (storage: DurableObjectStorage) => "done" | "more";
}

/**
 * Brings a storage that holds something up to its last step; `ready` is called behind that, and before the object's first
 * event. An empty one stays empty: `beginSchema` comes before its first write. Throws `newer_state` for what a later release
 * has written, and leaves it as it is.
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
    // What is not stored by then would be lost with the object, were it too much for one go.
    while (runPortion(storage, steps)) await storage.sync();
    ready();
  });
}

/** The same for a storage that is empty, within one event; costs one read where it is not. */
export function beginSchema(storage: DurableObjectStorage, steps: readonly SchemaStep[]): void {
  while (runPortion(storage, steps));
}

/** The place of the number of steps that a storage has taken. */
const VERSION = "schema";

/** Tables or values without a number were written before there were numbers: the first steps find them there. */
function versionOf({ kv }: DurableObjectStorage, steps: readonly SchemaStep[]): number {
  const version = kv.get<number>(VERSION) ?? 0;
  if (version > steps.length) throw new TailraceError("newer_state");
  return version;
}

/** Runs what comes next; false where there is nothing. */
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
  for (const _ of kv.list({ limit: 1 })) return false;
  // The platform's own tables count for nothing.
  const tables = sql.exec(
    "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' LIMIT 1",
  );
  return tables.toArray().length === 0;
}
