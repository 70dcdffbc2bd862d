import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Server } from "./running.ts";

/** Executions that are woken at the same time. */
const WOKEN_AT_ONCE = 16;

/**
 * Brings a folder of the first form up to the second: every execution takes the steps of its storage, which seal what lies in
 * clear; then what SQLite has left of the clear text in free pages and logs is written over. Safe to repeat.
 */
export async function bringUp(store: string, start: () => Promise<Server>): Promise<void> {
  const folder = join(store, "do");
  if (!existsSync(folder)) return;
  process.stderr.write("The state folder is brought up to this release; that is done once.\n");
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

/** An execution takes its steps before it answers anything. One that cannot now takes them when it is used. */
async function wakeAll({ miniflare, url, apiKey }: Server): Promise<void> {
  const index = await miniflare.getD1Database("INDEX");
  const { results } = await index.prepare("SELECT id FROM executions").all<{ id: string }>();
  for (let at = 0; at < results.length; at += WOKEN_AT_ONCE) {
    const woken = results.slice(at, at + WOKEN_AT_ONCE).map(async ({ id }) => {
      const answer = await fetch(`${url}/api/v1/executions/${id}`, { headers: { "st2-api-key": apiKey } });
      const text = await answer.text();
      if (!answer.ok && answer.status !== 404)
        process.stderr.write(`execution ${id} is not brought up yet: ${answer.status} ${text}\n`);
    });
    await Promise.all(woken);
  }
}

/** Writes a database anew, without its free pages; to close it empties and removes its log. */
function rewrite(file: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
}
