import { newId } from "../../protocol/base/id.ts";
import { POOL_PACKS_MAX, STAGED_MS_MAX, STAGED_PACKS_MAX } from "../../protocol/base/limits.ts";
import { writeExact } from "../../protocol/base/numbers.ts";
import type { ActionSpec, PackSpec } from "../../protocol/model/action.ts";

/** A pack that a pool registers: `digest` identifies its content. */
export interface RegisteredPack {
  pool: string;
  pack: PackSpec;
  digest: string;
}

/** The digests of the packs that are registered in a pool, by reference. */
export async function digestsOf(
  index: D1Database,
  pool: string,
  refs: string[],
): Promise<Map<string, string>> {
  const { results } = await index
    .prepare("SELECT ref, digest FROM packs WHERE pool = ? AND ref IN (SELECT value FROM json_each(?))")
    .bind(pool, JSON.stringify(refs))
    .all<{ ref: string; digest: string }>();
  return new Map(results.map(({ ref, digest }) => [ref, digest]));
}

/** Whether a pool has room for a pack: it has the pack already, or has fewer than the limit. */
export async function hasRoomFor(index: D1Database, pool: string, ref: string): Promise<boolean> {
  const row = await index
    .prepare("SELECT count(*) AS others FROM packs WHERE pool = ? AND ref <> ?")
    .bind(pool, ref)
    .first<{ others: number }>();
  return (row?.others ?? 0) < POOL_PACKS_MAX;
}

/** A page of a pack's actions, and how many actions come before it. */
export interface StagedPage {
  first: number;
  actions: ActionSpec[];
}

/**
 * Stages a page of a pack's actions until all pages are there. A page is stored only behind all pages before it; otherwise
 * the result is `gap`. A page that is staged already changes nothing: agents of one pool may register the same pack at the
 * same time. The first page deletes other staged content of the pack, and packs that the pool's agents left incomplete.
 * `full` means that too many packs are incomplete.
 */
export async function stageActions(
  index: D1Database,
  { pool, pack, digest }: RegisteredPack,
  { first, actions }: StagedPage,
  now_ms: number,
): Promise<"staged" | "gap" | "full"> {
  const rows = actions.map((action) => [`${action.pack}.${action.name}`, newId(), writeExact(action)]);
  const clear = index
    .prepare(
      `DELETE FROM staged_actions WHERE pool = ?1 AND (pack = ?2 AND digest <> ?3 OR pack IN
         (SELECT pack FROM staged_actions WHERE pool = ?1 GROUP BY pack HAVING max(staged_ms) < ?4))`,
    )
    .bind(pool, pack.ref, digest, now_ms - STAGED_MS_MAX);
  const stage = index
    .prepare(
      `INSERT INTO staged_actions (pool, pack, digest, ref, id, document, staged_ms)
       SELECT ?1, ?2, ?3, value ->> 0, value ->> 1, value ->> 2, ?5 FROM json_each(?4)
       WHERE ${STAGED} = ?6 AND ${OTHER_PACKS} < ?7
       ON CONFLICT DO UPDATE SET document = excluded.document`,
    )
    .bind(pool, pack.ref, digest, JSON.stringify(rows), now_ms, first, STAGED_PACKS_MAX);
  const look = index
    .prepare(`SELECT ${STAGED} AS staged, ${OTHER_PACKS} AS others`)
    .bind(pool, pack.ref, digest);
  const outcomes = await index.batch<{ staged: number; others: number }>(
    first === 0 ? [clear, stage, look] : [stage, look],
  );
  const { staged, others } = outcomes.at(-1)?.results[0] ?? { staged: 0, others: 0 };
  if (staged >= first + actions.length) return "staged";
  return others < STAGED_PACKS_MAX ? "gap" : "full";
}

/** How many actions of a pack with this digest are staged, and how many other packs of its pool have staged actions. */
const STAGED = "(SELECT count(*) FROM staged_actions WHERE pool = ?1 AND pack = ?2 AND digest = ?3)";
const OTHER_PACKS = "(SELECT count(DISTINCT pack) FROM staged_actions WHERE pool = ?1 AND pack <> ?2)";

/**
 * Makes the staged actions the pool's actions of the pack, in one transaction; its other actions of the pack are deleted.
 * False, without a change, if not all are staged: another agent has begun to register the same pack.
 */
export async function registerStaged(
  index: D1Database,
  { pool, pack, digest }: RegisteredPack,
  total: number,
): Promise<boolean> {
  const whole = `${STAGED} = ?4`;
  const bound = (sql: string, ...more: string[]) =>
    index.prepare(sql).bind(pool, pack.ref, digest, total, ...more);
  const outcomes = await index.batch([
    bound(
      `DELETE FROM actions WHERE pool = ?1 AND pack = ?2 AND ${whole}
         AND ref NOT IN (SELECT ref FROM staged_actions WHERE pool = ?1 AND pack = ?2)`,
    ),
    bound(
      `INSERT INTO actions (pool, ref, id, pack, document)
       SELECT pool, ref, id, pack, document FROM staged_actions WHERE pool = ?1 AND pack = ?2 AND ${whole}
       ON CONFLICT (pool, ref) DO UPDATE SET document = excluded.document`,
    ),
    bound(
      `INSERT INTO packs (pool, ref, id, document, digest) SELECT ?1, ?2, ?5, ?6, ?3 WHERE ${whole}
       ON CONFLICT (pool, ref) DO UPDATE SET document = excluded.document, digest = excluded.digest`,
      newId(),
      JSON.stringify(pack),
    ),
    bound(`DELETE FROM staged_actions WHERE pool = ?1 AND pack = ?2 AND digest = ?3 AND ${whole}`),
  ]);
  return (outcomes[2]?.meta.changes ?? 0) > 0;
}
