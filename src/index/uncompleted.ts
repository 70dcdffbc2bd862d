import type { Execution } from "../../protocol/model/execution.ts";
import { mayView, type Rights } from "../../protocol/model/permissions.ts";
import { IS_UNCOMPLETED } from "./completed.ts";
import { type Term, valuesOf, where } from "./term.ts";
import { visibleTerms, visibleTo } from "./visible.ts";

/** An execution that has not completed, with the fields that a stream needs. */
export interface Uncompleted {
  id: string;
  status: Execution["status"];
  action: { ref: string };
  runner: { name: string };
  pool: string;
}

/** Limits the executions to these ids and these actions, if given. */
export interface Among {
  ids: ReadonlySet<string> | undefined;
  action_refs: ReadonlySet<string> | undefined;
}

interface Row {
  id: string;
  status: Execution["status"];
  action: string;
  runner: string;
  pool: string;
}

/**
 * Executions that have not completed and that a user may view, up to a limit. An execution whose end has not reached the
 * index yet counts as running. Executions that the user may not view do not count toward the limit.
 */
export async function listUncompleted(
  index: D1Database,
  rights: Rights,
  { ids, action_refs }: Among,
  limit: number,
): Promise<Uncompleted[]> {
  const terms = await viewTerms(index, rights);
  if (action_refs) terms.push(amongTerm("action", [...action_refs]));
  const found: Uncompleted[] = [];
  for (const term of ids === undefined ? [undefined] : portionsOf([...ids])) {
    const all = term === undefined ? terms : [...terms, term];
    const rows = await read(index, all, limit - found.length);
    found.push(...rows.filter((execution) => mayView(rights, execution)));
    if (found.length >= limit) break;
  }
  return found;
}

async function read(index: D1Database, terms: Term[], limit: number): Promise<Uncompleted[]> {
  const { results } = await index
    .prepare(
      `SELECT id, status, action, runner, pool FROM executions ${where([IS_UNCOMPLETED, ...terms])} LIMIT ?`,
    )
    .bind(...valuesOf(terms), limit)
    .all<Row>();
  return results.map(({ action, runner, ...row }) => ({
    ...row,
    action: { ref: action },
    runner: { name: runner },
  }));
}

/**
 * The terms that leave out executions the user may not view. A link's grant names an execution itself, unlike all other
 * grants.
 */
async function viewTerms(index: D1Database, rights: Rights): Promise<Term[]> {
  const visible = await visibleTo(index, rights);
  const named = rights.grants.flatMap(({ resource_uid }) =>
    resource_uid?.startsWith(EXECUTION_UID) ? [resource_uid.slice(EXECUTION_UID.length)] : [],
  );
  const terms = visibleTerms(visible);
  if (terms.length === 0 || named.length === 0) return terms;
  const either = [...terms, amongTerm("id", named)];
  return [
    {
      sql: `(${either.map(({ sql }) => sql).join(" OR ")})`,
      values: either.flatMap(({ values }) => values),
    },
  ];
}

function amongTerm(column: "id" | "action", values: string[]): Term {
  return { sql: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(values)] };
}

function portionsOf(ids: string[]): Term[] {
  const count = Math.ceil(ids.length / IDS_AT_ONCE);
  return Array.from({ length: count }, (_, at) =>
    amongTerm("id", ids.slice(at * IDS_AT_ONCE, (at + 1) * IDS_AT_ONCE)),
  );
}

const EXECUTION_UID = "execution:";

/** Ids in one statement. */
const IDS_AT_ONCE = 10_000;
