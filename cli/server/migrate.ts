import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Miniflare } from "miniflare";
import { unstable_splitSqlQuery } from "wrangler";

/** Applies the index's migrations, each once, and keeps count in the table that wrangler keeps. */
export async function migrate(miniflare: Miniflare, folder: string): Promise<void> {
  const index = await miniflare.getD1Database("INDEX");
  await index.exec(
    "CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
  );
  const { results } = await index.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  const applied = new Set(results.map(({ name }) => name));
  const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  for (const name of names.sort().filter((name) => !applied.has(name))) {
    const statements = unstable_splitSqlQuery(readFileSync(join(folder, name), "utf8"));
    await index.batch([
      ...statements.map((statement) => index.prepare(statement)),
      index.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name),
    ]);
  }
}
