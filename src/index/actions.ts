import { readExact } from "../../protocol/base/numbers.ts";
import type { Action, ActionSpec } from "../../protocol/model/action.ts";

/** One action of one pool. */
export async function readAction(
  index: D1Database,
  { ref, pool }: { ref: string; pool: string },
): Promise<Action | undefined> {
  const row = await index
    .prepare("SELECT pool, id, document FROM actions WHERE pool = ? AND ref = ?")
    .bind(pool, ref)
    .first<ActionRow>();
  return row ? toAction(row) : undefined;
}

/** The filters of a list of actions. */
export interface ActionFilter {
  ids?: string[] | undefined;
  pool?: string | undefined;
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

/** The matching actions by reference and pool, page by page from an offset: up to a limit, or all. */
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
      .prepare(`SELECT pool, id, document FROM actions WHERE ${sql} ORDER BY ref, pool LIMIT ? OFFSET ?`)
      .bind(...values, rows_wanted, passed)
      .all<ActionRow>();
    yield results.map(toAction);
    if (results.length < rows_wanted) return;
    passed += rows_wanted;
  }
}

/** Rows of one read. */
const PAGE_ROWS = 100;

function where({ ids, pool, pack, name }: ActionFilter): { sql: string; values: string[] } {
  const terms = ["1"];
  const values: string[] = [];
  if (ids !== undefined) {
    terms.push("id IN (SELECT value FROM json_each(?))");
    values.push(JSON.stringify(ids));
  }
  if (pool !== undefined) {
    terms.push("pool = ?");
    values.push(pool);
  }
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

/** An action as the index stores it. */
export interface ActionRow {
  pool: string;
  id: string;
  document: string;
}

/** An action as the API shows it. */
export function toAction({ pool, id, document }: ActionRow): Action {
  const spec = readExact(document) as ActionSpec;
  const { pack, name } = spec;
  return { ...spec, id, uid: `action:${pack}:${name}`, ref: `${pack}.${name}`, pool };
}
