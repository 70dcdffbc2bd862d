import type { SchemaStep } from "../storage/schema.ts";

/** The steps of a pool's storage: only added to, and never edited. */
export const POOL_STEPS: readonly SchemaStep[] = [
  {
    name: "the queue",
    run: ({ sql }) => {
      sql.exec(`CREATE TABLE IF NOT EXISTS queue (
        position INTEGER PRIMARY KEY AUTOINCREMENT, execution_id TEXT NOT NULL UNIQUE, runner TEXT NOT NULL,
        epoch INTEGER NOT NULL DEFAULT 0, agent_id TEXT, accepted INTEGER NOT NULL DEFAULT 0)`);
      sql.exec("CREATE INDEX IF NOT EXISTS queue_by_agent ON queue (agent_id)");
      return "done";
    },
  },
  {
    name: "the roster of agents",
    run: ({ sql }) => {
      sql.exec(
        "CREATE TABLE IF NOT EXISTS agents (agent_id TEXT PRIMARY KEY, is_known INTEGER NOT NULL, hello TEXT)",
      );
      return "done";
    },
  },
];
