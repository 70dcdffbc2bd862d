import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { request } from "./request.ts";
import type { Server } from "./running.ts";
import { rewrite } from "./shrink.ts";

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
async function wakeAll({ index, url, apiKey }: Server): Promise<void> {
  const rows = await index.run("SELECT id FROM executions");
  for (let at = 0; at < rows.length; at += WOKEN_AT_ONCE) {
    const woken = rows.slice(at, at + WOKEN_AT_ONCE).map(async ({ id }) => {
      const headers = { "st2-api-key": apiKey };
      const { status, text } = await request(`${url}/api/v1/executions/${id}`, { headers, is_patient: true });
      if (status >= 300 && status !== 404)
        process.stderr.write(`execution ${id} is not upgraded yet: ${status} ${text}\n`);
    });
    await Promise.all(woken);
  }
}
