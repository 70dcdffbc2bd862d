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

/** Which actions are wanted. */
export interface ActionFilter {
  pack?: string | undefined;
  name?: string | undefined;
}

/** How many actions match. */
export async function countActions(index: D1Database, filter: ActionFilter): Promise<number> {
  const { sql, values } = where(filter);
  const row = await index
    .prepare(`SELECT count(*) AS total FROM actions WHERE ${sql}`)
    .bind(...values)
    .first<{ total: number }>();
  return row?.total ?? 0;
}

/** The matching actions in the order of their references, page by page, from an offset on: so many, or all. */
export async function* readActionPages(
  index: D1Database,
  filter: ActionFilter,
  { offset, limit = Number.POSITIVE_INFINITY }: { offset: number; limit: number | undefined },
): AsyncGenerator<Action[], void, void> {
  const { sql, values } = where(filter);
  let passed = offset;
  for (let left = limit; left > 0; left -= PAGE_ROWS) {
    const rows_wanted = Math.min(left, PAGE_ROWS);
    const { results } = await index
      .prepare(`SELECT id, document FROM actions WHERE ${sql} ORDER BY ref LIMIT ? OFFSET ?`)
      .bind(...values, rows_wanted, passed)
      .all<ActionRow>();
    yield results.map(toAction);
    if (results.length < rows_wanted) return;
    passed += rows_wanted;
  }
}

/** Rows read in one go. */
const PAGE_ROWS = 100;

function where({ pack, name }: ActionFilter): { sql: string; values: string[] } {
  const terms = ["1"];
  const values: string[] = [];
  if (pack !== undefined) {
    terms.push("pack = ?");
    values.push(pack);
  }
  if (name !== undefined) {
    terms.push("ref = pack || '.' || ?");
    values.push(name);
  }
  return { sql: terms.join(" AND "), values };
}

interface ActionRow {
  id: string;
  document: string;
}

function toAction({ id, document }: ActionRow): Action {
  const spec: ActionSpec = JSON.parse(document);
  return { ...spec, id, uid: `action:${spec.pack}:${spec.name}`, ref: `${spec.pack}.${spec.name}` };
}
