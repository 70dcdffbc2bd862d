import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Miniflare } from "miniflare";

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
    // The local D1 takes all statements of a file as one; with the row that counts it they are one transaction.
    await index.batch([
      index.prepare(readFileSync(join(folder, name), "utf8")),
      index.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name),
    ]);
  }
}
