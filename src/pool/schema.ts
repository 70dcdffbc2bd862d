import type { SchemaStep } from "../storage/schema.ts";

/** The steps of a pool's storage. Steps are added, and never edited. */
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
  {
    name: "kinds, users and reservations in the queue",
    run: ({ sql }) => {
      // What an execution needs, as `kindOf` writes it. Of executions that wait already, only the runner is known.
      sql.exec("ALTER TABLE queue ADD COLUMN kind TEXT NOT NULL DEFAULT ''");
      sql.exec("UPDATE queue SET kind = json_array(runner, '', json('[]'))");
      sql.exec("ALTER TABLE queue ADD COLUMN user TEXT NOT NULL DEFAULT ''");
      sql.exec("ALTER TABLE queue ADD COLUMN reserved_until_ms INTEGER");
      sql.exec(`CREATE INDEX queue_waiting ON queue (kind, user, position)
        WHERE agent_id IS NULL AND reserved_until_ms IS NULL`);
      sql.exec(
        "CREATE INDEX queue_reserved ON queue (reserved_until_ms) WHERE reserved_until_ms IS NOT NULL",
      );
      return "done";
    },
  },
  {
    name: "how far a lease has come, and since when",
    run: ({ sql }) => {
      // It replaces the column `accepted`, which is not removed.
      sql.exec("ALTER TABLE queue ADD COLUMN phase TEXT NOT NULL DEFAULT 'waiting'");
      sql.exec("ALTER TABLE queue ADD COLUMN phase_ms INTEGER NOT NULL DEFAULT 0");
      sql.exec("UPDATE queue SET phase = iif(accepted, 'accepted', 'offered') WHERE agent_id IS NOT NULL");
      return "done";
    },
  },
  {
    name: "a queue that writes fewer rows",
    run: ({ sql }) => {
      // Each table and each SQL index that a change touches is a row that is written and paid for. All fits into one transaction:
      // a pool has a bounded number of executions.
      sql.exec("ALTER TABLE queue RENAME TO earlier_queue");
      sql.exec(`CREATE TABLE queue (
        execution_id TEXT PRIMARY KEY, position INTEGER NOT NULL, kind TEXT NOT NULL, user TEXT NOT NULL,
        epoch INTEGER NOT NULL, agent_id TEXT, phase TEXT NOT NULL, phase_ms INTEGER NOT NULL,
        reserved_until_ms INTEGER) WITHOUT ROWID`);
      sql.exec(`INSERT INTO queue
        SELECT execution_id, position, kind, user, epoch, agent_id, phase, phase_ms, reserved_until_ms FROM earlier_queue`);
      sql.exec("DROP TABLE earlier_queue");
      sql.exec(`CREATE INDEX queue_waiting ON queue (kind, user, position)
        WHERE agent_id IS NULL AND reserved_until_ms IS NULL`);
      sql.exec("CREATE INDEX queue_by_agent ON queue (agent_id) WHERE agent_id IS NOT NULL");
      sql.exec(
        "CREATE INDEX queue_reserved ON queue (reserved_until_ms) WHERE reserved_until_ms IS NOT NULL",
      );
      return "done";
    },
  },
  {
    name: "drained agents",
    run: ({ sql }) => {
      sql.exec("ALTER TABLE agents ADD COLUMN drained TEXT");
      return "done";
    },
  },
];
