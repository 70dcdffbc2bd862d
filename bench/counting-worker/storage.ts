import { counts } from "./counts.ts";

/** Cursors whose rows are not in the counts: a cursor knows its rows once it is read. */
let cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];

/** Adds the rows of the statements so far. */
export function settleCursors(): void {
  for (const { rowsRead, rowsWritten } of cursors) {
    counts.object_rows_read += rowsRead;
    counts.object_rows_written += rowsWritten;
  }
  cursors = [];
}

const counted = new WeakSet<object>();

/** Makes a storage, and all of its kind, count their rows. */
export function countStorage(storage: DurableObjectStorage): void {
  const { sql, kv } = storage;
  before(sql, "exec", settleCursors, (cursor) => cursors.push(cursor as (typeof cursors)[number]));
  for (const name of ["get", "list"]) before(kv, name, () => counts.object_rows_read++);
  for (const name of ["put", "delete"]) before(kv, name, () => counts.object_rows_written++);
  before(storage, "getAlarm", () => counts.object_rows_read++);
  for (const name of ["setAlarm", "deleteAlarm", "deleteAll"])
    before(storage, name, () => counts.object_rows_written++);
}

/** Calls `count` before each call of a method of an object's class, and `take` with the result. */
function before(of: object, name: string, count: () => void, take?: (result: unknown) => void): void {
  const prototype: object = Object.getPrototypeOf(of);
  const own: unknown = Reflect.get(prototype, name);
  if (typeof own !== "function") throw new Error(`the platform's storage has no ${name}`);
  if (counted.has(own)) return;
  const counting = function (this: unknown, ...args: unknown[]): unknown {
    count();
    const result: unknown = own.apply(this, args);
    take?.(result);
    return result;
  };
  counted.add(counting);
  Reflect.set(prototype, name, counting);
}
