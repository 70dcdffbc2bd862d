import type { Pack, PackSpec } from "../../protocol/model/action.ts";

/** The registered packs by reference and pool: all, or those with a reference or id, or of a pool. */
export async function listPacks(
  index: D1Database,
  { ref_or_id, pool }: { ref_or_id?: string | undefined; pool?: string | undefined } = {},
): Promise<Pack[]> {
  const { results } = await index
    .prepare(
      `SELECT pool, ref, id, document,
         (SELECT count(*) FROM actions WHERE actions.pool = packs.pool AND pack = packs.ref) AS actions
       FROM packs WHERE (?1 IS NULL OR ref = ?1 OR id = ?1) AND (?2 IS NULL OR pool = ?2) ORDER BY ref, pool`,
    )
    .bind(ref_or_id ?? null, pool ?? null)
    .all<PackRow>();
  return results.map(({ pool, ref, id, document, actions }) => {
    const spec: PackSpec = JSON.parse(document);
    return { ...spec, id, uid: `pack:${ref}`, actions, pool };
  });
}

interface PackRow {
  pool: string;
  ref: string;
  id: string;
  document: string;
  actions: number;
}
