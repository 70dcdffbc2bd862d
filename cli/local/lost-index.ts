import { databasesOf, someRows } from "../server/rebuild.ts";

/** Databases that are looked into: an object whose execution was deleted has an empty one. */
const DATABASES_MAX = 100;

/** Whether the running server of a state folder has an index without executions, although some objects have one. */
export async function lacksIndex(state: string): Promise<boolean> {
  const rows = await someRows(state, "");
  if (rows === undefined || rows.length > 0) return false;
  return databasesOf(state).slice(0, DATABASES_MAX).some(hasExecution);
}

/** A damaged database counts as none: the rebuild reports it. */
function hasExecution(file: string): boolean {
  // Loaded here, because Node 22 warns of it.
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE name = '_cf_KV'").all();
    return (
      tables.length > 0 && database.prepare("SELECT 1 FROM _cf_KV WHERE key = 'state'").get() !== undefined
    );
  } catch {
    return false;
  } finally {
    database.close();
  }
}
