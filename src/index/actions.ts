import type { Action, ActionSpec } from "../../protocol/action.ts";
import { newId } from "../../protocol/id.ts";

/** Registers actions: each pack that is named gets exactly the actions that are given for it. */
export async function registerActions(index: D1Database, specs: ActionSpec[]): Promise<void> {
  const packs = [...new Set(specs.map((spec) => spec.pack))];
  const refs = JSON.stringify(specs.map((spec) => `${spec.pack}.${spec.name}`));
  await index.batch([
    index
      .prepare(
        "DELETE FROM actions WHERE pack IN (SELECT value FROM json_each(?)) AND ref NOT IN (SELECT value FROM json_each(?))",
      )
      .bind(JSON.stringify(packs), refs),
    ...specs.map((spec) =>
      index
        .prepare(
          `INSERT INTO actions (ref, id, pack, document) VALUES (?, ?, ?, ?)
           ON CONFLICT (ref) DO UPDATE SET document = excluded.document`,
        )
        .bind(`${spec.pack}.${spec.name}`, newId(), spec.pack, JSON.stringify(spec)),
    ),
  ]);
}

/** One action, by reference or id. */
export async function readAction(index: D1Database, refOrId: string): Promise<Action | undefined> {
  const row = await index
    .prepare("SELECT id, document FROM actions WHERE ref = ?1 OR id = ?1")
    .bind(refOrId)
    .first<ActionRow>();
  return row ? toAction(row) : undefined;
}

/** Registered actions in the order of their references, and how many there are. */
export async function listActions(
  index: D1Database,
  { pack, limit, offset }: { pack?: string | undefined; limit: number; offset: number },
): Promise<{ actions: Action[]; total: number }> {
  const where = pack === undefined ? "" : "WHERE pack = ?";
  const values = pack === undefined ? [] : [pack];
  const [page, count] = await index.batch<ActionRow & { total: number }>([
    index
      .prepare(`SELECT id, document FROM actions ${where} ORDER BY ref LIMIT ? OFFSET ?`)
      .bind(...values, limit, offset),
    index.prepare(`SELECT count(*) AS total FROM actions ${where}`).bind(...values),
  ]);
  return { actions: (page?.results ?? []).map(toAction), total: count?.results[0]?.total ?? 0 };
}

interface ActionRow {
  id: string;
  document: string;
}

function toAction({ id, document }: ActionRow): Action {
  const spec: ActionSpec = JSON.parse(document);
  return { ...spec, id, uid: `action:${spec.pack}:${spec.name}`, ref: `${spec.pack}.${spec.name}` };
}
