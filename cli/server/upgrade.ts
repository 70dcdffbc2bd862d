import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Server } from "./running.ts";

/** Executions that are upgraded at the same time. */
const WOKEN_AT_ONCE = 16;

/**
 * Upgrades a state folder from form 1 to form 2. Every execution takes its schema steps, which seal clear text. Then each database
 * is rewritten, because SQLite leaves the clear text in free pages and logs. Safe to repeat.
 */
export async function upgradeState(store: string, start: () => Promise<Server>): Promise<void> {
  const folder = join(store, "do");
  if (!existsSync(folder)) return;
  process.stderr.write("Upgrading the state folder to this release. This is done once.\n");
  const server = await start();
  try {
    await wakeAll(server);
  } finally {
    await server.stop();
  }
  for (const name of readdirSync(folder).filter((name) => name.endsWith("-Execution"))) {
    for (const file of readdirSync(join(folder, name)).filter((file) => file.endsWith(".sqlite")))
      rewrite(join(folder, name, file));
  }
}

/** An execution takes its schema steps before it answers a request. One that fails here takes them when it is used. */
async function wakeAll({ miniflare, url, apiKey }: Server): Promise<void> {
  const index = await miniflare.getD1Database("INDEX");
  const { results } = await index.prepare("SELECT id FROM executions").all<{ id: string }>();
  for (let at = 0; at < results.length; at += WOKEN_AT_ONCE) {
    const woken = results.slice(at, at + WOKEN_AT_ONCE).map(async ({ id }) => {
      const answer = await fetch(`${url}/api/v1/executions/${id}`, { headers: { "st2-api-key": apiKey } });
      const text = await answer.text();
      if (!answer.ok && answer.status !== 404)
        process.stderr.write(`execution ${id} is not upgraded yet: ${answer.status} ${text}\n`);
    });
    await Promise.all(woken);
  }
}

/** Rewrites a database without its free pages. Closing it empties and removes its log. */
function rewrite(file: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
}
