import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CliError } from "../base/errors.ts";
import type { Index } from "./index-access.ts";

/**
 * Applies each of the index's migrations once, and records them in the same table as wrangler. A failure undoes all that this call
 * has applied. Refuses an index with an unknown migration: a later release has written it.
 */
export async function migrate(index: Index, folder: string): Promise<void> {
  const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  const known = await index.run(
    `CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);
    SELECT name FROM d1_migrations`,
  );
  const applied = new Set(known.map(({ name }) => String(name)));
  const unknown = [...applied].filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new CliError(
      `The index was written by a later release of Tailrace (${unknown.sort().join(", ")}). Nothing in it was changed: start that release, or a later one.`,
    );
  }
  const pending = names.sort().filter((name) => !applied.has(name));
  if (pending.length === 0) return;
  // One text is one transaction, and one request to the engine.
  const texts = pending.map(
    (name) =>
      `${readFileSync(join(folder, name), "utf8")}\nINSERT INTO d1_migrations (name) VALUES ('${name}');\n`,
  );
  await index.run(texts.join(""));
}
