import type { PoolKeys } from "../../protocol/model/key.ts";

/** The keys that the runs of a pool may reach. */
export async function readPoolKeys(index: D1Database, pool: string): Promise<PoolKeys> {
  const row = await index
    .prepare("SELECT prefixes FROM pool_key_prefixes WHERE pool = ?")
    .bind(pool)
    .first<{ prefixes: string }>();
  return { pool, prefixes: row ? JSON.parse(row.prefixes) : null };
}

/** Grants a pool only the keys with these prefixes; null grants all. */
export async function writePoolKeys(index: D1Database, { pool, prefixes }: PoolKeys): Promise<void> {
  const statement =
    prefixes === null
      ? index.prepare("DELETE FROM pool_key_prefixes WHERE pool = ?").bind(pool)
      : index
          .prepare(
            `INSERT INTO pool_key_prefixes (pool, prefixes) VALUES (?, ?)
             ON CONFLICT (pool) DO UPDATE SET prefixes = excluded.prefixes`,
          )
          .bind(pool, JSON.stringify(prefixes));
  await statement.run();
}
