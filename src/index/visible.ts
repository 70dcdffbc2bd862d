import { permits, type Rights } from "../../protocol/model/permissions.ts";
import { IS_COUNTED, IS_UNCOMPLETED } from "./completed.ts";
import { type Term, where } from "./term.ts";

/** The executions that a user may view: those of these actions, or of these actions in these pools (`core.local/gpu`). */
export interface Visible {
  by: "action" | "action_pool";
  values: string[];
}

/** The SQL expression that is compared with the visible values. */
const VISIBLE_BY: Record<Visible["by"], string> = {
  action: "action",
  action_pool: "(action || '/' || pool)",
};

/** The existing executions that a user may view; undefined for all. */
export async function visibleTo(index: D1Database, rights: Rights): Promise<Visible | undefined> {
  if (permits(rights, "execution_view")) return undefined;
  // A grant on a single execution is a link's, which opens no list.
  const by = rights.grants.some(({ pool }) => pool !== null) ? "action_pool" : "action";
  const found = await actionsRun(index);
  const open = found.filter(({ action: action_ref, pool }) =>
    permits(rights, "execution_view", { kind: "execution", id: "", action_ref, pool }),
  );
  const values = open.map(({ action, pool }) => (by === "action" ? action : `${action}/${pool}`));
  return { by, values: [...new Set(values)] };
}

/** The terms that limit a list to these executions. */
export function visibleTerms(visible: Visible | undefined): Term[] {
  if (visible === undefined) return [];
  const { by, values } = visible;
  const [only, ...others] = values;
  if (only === undefined) return [{ sql: "0", values: [], counts_sql: "0" }];
  if (others.length === 0) {
    const sql = `${VISIBLE_BY[by]} = ?`;
    return [{ sql, values: [only], counts_sql: sql }];
  }
  const among = `${VISIBLE_BY[by]} IN (SELECT value FROM json_each(?))`;
  // The plus keeps the list's order: otherwise the rows of many actions would have to be sorted first.
  return [{ sql: `+${among}`, values: [JSON.stringify(values)], counts_sql: among }];
}

/** The actions that have run, with their pools. The cost grows with the number of groups, not of executions. */
async function actionsRun(index: D1Database): Promise<{ action: string; pool: string }[]> {
  const { results } = await index
    .prepare(
      `SELECT action, pool FROM execution_counts ${where([IS_COUNTED])}
       UNION SELECT action, pool FROM executions ${where([IS_UNCOMPLETED])} ORDER BY 1, 2 LIMIT ${ACTIONS_MAX}`,
    )
    .all<{ action: string; pool: string }>();
  return results;
}

/** Actions in pools that one user's list can name. */
const ACTIONS_MAX = 10_000;
