import type { SchemaStep } from "../../storage/schema.ts";
import { sealEarlier } from "./seal-earlier.ts";
import type { Vault } from "./vault.ts";

/** The log: one row for each batch, with the totals up to it. The body comes last, so that totals are read without it. */
export const BATCH_TABLE = `CREATE TABLE IF NOT EXISTS batch (
  first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL,
  stdout INTEGER NOT NULL, stderr INTEGER NOT NULL, other INTEGER NOT NULL, gaps INTEGER NOT NULL,
  stdout_lines INTEGER NOT NULL, stderr_lines INTEGER NOT NULL, other_lines INTEGER NOT NULL,
  body TEXT NOT NULL)`;

export const CHILD_TABLE = `CREATE TABLE IF NOT EXISTS child (
  position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, draft TEXT NOT NULL,
  state TEXT NOT NULL, status TEXT, next INTEGER NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL,
  result TEXT, secrets TEXT)`;

/** A result may fill a row, so it does not fit into the child's row, beside the draft. */
export const CHILD_RESULT_TABLE =
  "CREATE TABLE IF NOT EXISTS child_result (id TEXT PRIMARY KEY, result BLOB NOT NULL)";

/** The steps of an execution's storage. Steps are added, and never edited. */
export function executionSteps(vault: Vault): readonly SchemaStep[] {
  return [
    {
      name: "a log, and children",
      run: ({ sql }) => {
        sql.exec(BATCH_TABLE);
        sql.exec(CHILD_TABLE);
        return "done";
      },
    },
    {
      name: "parameters, results and what chains know, sealed",
      run: (storage) => sealEarlier(storage, vault),
    },
    {
      name: "a row for each child's result",
      run: ({ sql }) => {
        sql.exec(CHILD_RESULT_TABLE);
        return "done";
      },
    },
    {
      // New executions begin here. Their tables are made with the first row, because a table costs rows too.
      name: "tables that are made when they are needed, and short values in the state's row",
      run: () => "done",
    },
  ];
}
