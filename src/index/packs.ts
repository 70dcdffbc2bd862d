import type { Pack, PackSpec } from "../../protocol/action.ts";
import { newId } from "../../protocol/id.ts";

/** Registers packs' own metadata. */
export async function registerPacks(index: D1Database, packs: PackSpec[]): Promise<void> {
  if (packs.length === 0) return;
  await index.batch(
    packs.map((pack) =>
      index
        .prepare(
          `INSERT INTO packs (ref, id, document) VALUES (?, ?, ?)
           ON CONFLICT (ref) DO UPDATE SET document = excluded.document`,
        )
        .bind(pack.ref, newId(), JSON.stringify(pack)),
    ),
  );
}

/** The registered packs in the order of their references: all, or the one of a reference or id. */
export async function listPacks(index: D1Database, ref_or_id?: string): Promise<Pack[]> {
  const { results } = await index
    .prepare(
      `SELECT ref, id, document, (SELECT count(*) FROM actions WHERE pack = packs.ref) AS actions
       FROM packs WHERE ?1 IS NULL OR ref = ?1 OR id = ?1 ORDER BY ref`,
    )
    .bind(ref_or_id ?? null)
    .all<{ ref: string; id: string; document: string; actions: number }>();
  return results.map(({ ref, id, document, actions }) => {
    const spec: PackSpec = JSON.parse(document);
    return { ...spec, id, uid: `pack:${ref}`, actions };
  });
}
