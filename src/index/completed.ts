import { COMPLETED } from "../../protocol/base/status.ts";
import type { Term } from "./term.ts";

const COMPLETED_LIST = COMPLETED.map((status) => `'${status}'`).join(", ");

/** The conditions of the two partial indexes, as the migration writes them: a query that has one may use its index. */
const IS_COMPLETED = `status IN (${COMPLETED_LIST})`;
export const IS_UNCOMPLETED: Term = { sql: `status NOT IN (${COMPLETED_LIST})`, values: [] };

/** The condition of a group in the table of counts that has executions. */
export const IS_COUNTED: Term = { sql: "count > 0", values: [] };

/** The columns of a group: completed executions that are alike in them. The table of counts has a row for each group. */
export const GROUP_COLUMNS = "action, status, user, runner, is_child, pool";

/** The rows of a group, in the index of the completed executions. `group` is a row of the table of counts, or of a query with its columns. */
export function ofGroup(group: string): Term {
  const alike = ["action", "status", "user", "runner", "pool"].map(
    (column) => `one.${column} = ${group}.${column}`,
  );
  return {
    sql: [`one.${IS_COMPLETED}`, ...alike, `(one.parent IS NOT NULL) = +${group}.is_child`].join(" AND "),
    values: [],
  };
}
