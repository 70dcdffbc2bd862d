import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { progress } from "../base/progress.ts";
import { logServer } from "../base/server-log.ts";
import { request } from "./request.ts";
import type { Server } from "./running.ts";
import { rewrite } from "./shrink.ts";

/** Executions that are upgraded at the same time. */
const WOKEN_AT_ONCE = 16;

/**
 * Upgrades a state folder from form 1 to form 2. Every execution takes its schema steps, which seal clear text. Then each database
 * is rewritten, because SQLite leaves the clear text in free pages and logs. After a crash it is done again, which is quick for what is
 * upgraded already.
 */
export async function upgradeState(store: string, start: () => Promise<Server>): Promise<void> {
  const folder = join(store, "do");
  if (!existsSync(folder)) return;
  logServer("info", "Upgrading the state folder to this release. This is done once.");
  const server = await start();
  try {
    await wakeAll(server);
  } finally {
    await server.stop();
  }
  const databases = readdirSync(folder)
    .filter((name) => name.endsWith("-Execution"))
    .flatMap((name) => readdirSync(join(folder, name)).map((file) => join(folder, name, file)))
    .filter((file) => file.endsWith(".sqlite"));
  const tell = progress("rewritten", "databases", databases.length, tellServer);
  for (const [at, file] of databases.entries()) {
    rewrite(file);
    tell(at + 1);
  }
}

/** An execution takes its schema steps before it answers a request. One that fails here takes them when it is used. */
async function wakeAll({ index, url, apiKey }: Server): Promise<void> {
  const [count] = await index.run("SELECT count(*) AS executions FROM executions");
  const tell = progress("upgraded", "executions", Number(count?.executions), tellServer);
  let done = 0;
  for (let last = ""; ; ) {
    const rows = await index.run(
      "SELECT id FROM executions WHERE id > ? ORDER BY id LIMIT ?",
      last,
      WOKEN_AT_ONCE,
    );
    if (rows.length === 0) return;
    await Promise.all(rows.map(({ id }) => wake(url, apiKey, String(id))));
    done += rows.length;
    tell(done);
    last = String(rows.at(-1)?.id);
  }
}

async function wake(url: string, key: string, id: string): Promise<void> {
  const headers = { "st2-api-key": key };
  const { status, text } = await request(`${url}/api/v1/executions/${id}`, { headers, is_patient: true });
  if (status >= 300 && status !== 404)
    logServer("warn", `execution ${id} is not upgraded yet: ${status} ${text}`);
}

function tellServer(line: string): void {
  logServer("info", line);
}
