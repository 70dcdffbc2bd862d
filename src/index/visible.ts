import { permits, type Rights } from "../../protocol/permissions.ts";
import type { Term } from "./execution-list.ts";
import { distinctValues } from "./executions.ts";

/** The actions whose executions a user may view, of those that have run; undefined for all. */
export async function visibleActions(index: D1Database, rights: Rights): Promise<string[] | undefined> {
  if (permits(rights, "execution_view")) return undefined;
  const actions = await distinctValues(index, "action");
  // A grant on a single execution is a link's, which opens no list.
  return actions.filter((action_ref) =>
    permits(rights, "execution_view", { kind: "execution", id: "", action_ref }),
  );
}

/** What a list asks for besides, so that it has only executions of these actions. */
export function visibleTerms(actions: string[] | undefined): Term[] {
  if (actions === undefined) return [];
  const [only, ...others] = actions;
  if (only === undefined) return [{ sql: "0", values: [], counts_sql: "0" }];
  if (others.length === 0) return [{ sql: "action = ?", values: [only], counts_sql: "action = ?" }];
  const among = "action IN (SELECT value FROM json_each(?))";
  // The plus keeps the order of a list in charge: the rows of many actions would have to be sorted first.
  return [{ sql: `+${among}`, values: [JSON.stringify(actions)], counts_sql: among }];
}
