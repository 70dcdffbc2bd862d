import { readExact, writeExact } from "../../protocol/base/numbers.ts";
import { poolOf } from "../../protocol/model/default-pool.ts";
import type { Execution } from "../../protocol/model/execution.ts";
import { IS_COUNTED, IS_UNCOMPLETED, ofGroup } from "./completed.ts";
import type { OutputOffer } from "./ended.ts";
import { countedTerms, type Term, valuesOf, where } from "./term.ts";
import { type Visible, visibleTerms } from "./visible.ts";

/**
 * Writes an execution's row, unless the index has this version of it or a later one. An offer lets the edge's cache serve the output.
 * Returns whether it wrote.
 */
export async function writeRow(
  index: D1Database,
  execution: Execution,
  version: number,
  offer?: OutputOffer,
): Promise<boolean> {
  const { meta } = await rowStatement(index, execution, version, offer).run();
  return meta.changes > 0;
}

/** Writes an execution's row in place of the one that the index has, in one transaction. */
export async function replaceRow(
  index: D1Database,
  execution: Execution,
  version: number,
  offer?: OutputOffer,
): Promise<void> {
  await index.batch([deleteStatement(index, execution.id), rowStatement(index, execution, version, offer)]);
}

/** The statement that writes an execution's row, for a batch. */
export function rowStatement(
  index: D1Database,
  execution: Execution,
  version: number,
  offer?: OutputOffer,
): D1PreparedStatement {
  return index
    .prepare(
      `INSERT INTO executions (id, version, action, runner, status, user, parent, liveaction, pool, start_timestamp,
         end_timestamp, document, output_version, output_until_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status,
         end_timestamp = excluded.end_timestamp, document = excluded.document,
         output_version = excluded.output_version, output_until_ms = excluded.output_until_ms
       WHERE excluded.version > executions.version`,
    )
    .bind(
      execution.id,
      version,
      execution.action.ref,
      execution.runner.name,
      execution.status,
      String(execution.context.user ?? ""),
      execution.parent ?? null,
      execution.liveaction.id,
      poolOf(execution),
      execution.start_timestamp,
      execution.end_timestamp ?? null,
      writeDocument(execution),
      offer ? version : null,
      offer?.until_ms ?? null,
    );
}

/** Deletes an execution's row; safe to repeat. */
export async function deleteRow(index: D1Database, id: string): Promise<void> {
  await deleteStatement(index, id).run();
}

function deleteStatement(index: D1Database, id: string): D1PreparedStatement {
  return index.prepare("DELETE FROM executions WHERE id = ?").bind(id);
}

/** An execution's row, without the columns for its filters. */
export interface DocumentRow {
  document: string;
}

/** The document of a row; it has no result. */
export function readDocument({ document }: DocumentRow): Execution {
  const { liveaction, ...execution } = readExact(document) as Execution;
  return { ...execution, liveaction: { ...liveaction, parameters: execution.parameters } };
}

/** A document has the parameters twice. They may be as long as a request, so a row stores them once. */
function writeDocument({ result: _, liveaction, ...execution }: Execution): string {
  const { parameters: __, ...rest } = liveaction;
  return writeExact({ ...execution, liveaction: rest });
}

/**
 * The execution with the greatest id (StackStorm's `last`) that is not a child. If only some are visible, the greatest of the
 * newest of each group, and of those that have not completed.
 */
export async function lastId(index: D1Database, visible?: Visible): Promise<string | undefined> {
  const { sql, values } = visible === undefined ? LAST : lastVisible(visibleTerms(visible));
  const row = await index
    .prepare(sql)
    .bind(...values)
    .first<{ id: string | null }>();
  return row?.id ?? undefined;
}

const LAST: Term = {
  sql: "SELECT id FROM executions WHERE parent IS NULL ORDER BY id DESC LIMIT 1",
  values: [],
};

function lastVisible(terms: readonly Term[]): Term {
  const groups = [IS_COUNTED, { sql: "is_child = 0", values: [] }, ...countedTerms(terms)];
  const open = [IS_UNCOMPLETED, { sql: "parent IS NULL", values: [] }, ...terms];
  return {
    sql: `SELECT max(id) AS id FROM (
        SELECT (SELECT id FROM executions AS one ${where([ofGroup("counted")])} ORDER BY start_timestamp DESC, id DESC LIMIT 1) AS id
        FROM execution_counts AS counted ${where(groups)}
        UNION ALL SELECT id FROM executions ${where(open)})`,
    values: [...valuesOf(groups), ...valuesOf(open)],
  };
}

/** The descendants of an execution down to a depth, depth first, each level by its start. */
export async function descendantIds(index: D1Database, id: string, depth: number): Promise<string[]> {
  const { results } = await index
    .prepare(
      `WITH RECURSIVE family (id, start_timestamp, depth) AS (
         SELECT id, start_timestamp, 1 FROM executions WHERE parent = ?1
         UNION ALL
         SELECT child.id, child.start_timestamp, family.depth + 1
         FROM executions AS child JOIN family ON child.parent = family.id WHERE family.depth < ?2
         ORDER BY 3 DESC, 2, 1
       )
       SELECT id FROM family LIMIT ?3`,
    )
    .bind(id, depth, DESCENDANTS_MAX)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

/** The executions with these ids, in their order, page by page. Missing ones are skipped. */
export async function* readByIds(
  index: D1Database,
  ids: string[],
  page_rows: number,
): AsyncGenerator<Execution[], void, void> {
  for (let first = 0; first < ids.length; first += page_rows) {
    const { results } = await index
      .prepare(
        "SELECT document FROM json_each(?) AS wanted JOIN executions ON executions.id = wanted.value ORDER BY wanted.key",
      )
      .bind(JSON.stringify(ids.slice(first, first + page_rows)))
      .all<DocumentRow>();
    yield results.map(readDocument);
  }
}

/** The distinct values of a column, in order; those of visible executions, if only some are. */
export async function distinctValues(
  index: D1Database,
  column: "action" | "status" | "runner" | "user",
  visible?: Visible,
): Promise<string[]> {
  const terms = visibleTerms(visible);
  const open = [IS_UNCOMPLETED, ...terms];
  const { results } = await index
    .prepare(
      `SELECT ${column} AS value FROM execution_counts ${where([IS_COUNTED, ...countedTerms(terms)])}
       UNION SELECT ${column} FROM executions ${where(open)} ORDER BY 1 LIMIT ${VALUES_MAX}`,
    )
    .bind(...valuesOf(countedTerms(terms)), ...valuesOf(open))
    .all<{ value: string }>();
  return results.map(({ value }) => value);
}

/** Descendants in one answer, because an isolate holds all their ids; and the levels that `-1` stands for. */
const DESCENDANTS_MAX = 100_000;
export const DEPTH_MAX = 100;

/** Distinct values in one answer. */
const VALUES_MAX = 10_000;
