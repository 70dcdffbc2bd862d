import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { isCompleted, type Status } from "../../protocol/base/status.ts";
import { countStatement, pageStatement, type Start } from "../../src/index/execution-list.ts";
import type { Term } from "../../src/index/term.ts";
import { readSelection } from "../../src/routes/executions/filter.ts";

const db = new DatabaseSync(":memory:");
const folder = join(import.meta.dirname, "../../migrations");
for (const name of readdirSync(folder).sort()) db.exec(readFileSync(join(folder, name), "utf8"));
afterAll(() => db.close());

interface Row {
  id: string;
  action: string;
  status: Status;
  user: string;
  runner: string;
  pool: string;
  parent: string | null;
  start_timestamp: string;
}

/** A row of a page: its id, and its value in the column of the order. */
interface Place {
  id: string;
  key: string;
}

const few = (...values: string[]) => fc.constantFrom(...values);
const timestampOf = (second: number) => `2026-11-01T00:00:${String(second).padStart(2, "0")}.000000Z`;
const PARENT = "6b04912e0000abcdef000001";

const row: fc.Arbitrary<Row> = fc.record({
  id: fc.stringMatching(/^[0-9a-f]{24}$/),
  action: few("core.local", "core.remote", "made.one"),
  status: fc.constantFrom<Status>("requested", "running", "succeeded", "failed", "canceled"),
  user: few("ann", "ben"),
  runner: few("local-shell-cmd", "action-chain"),
  pool: few("default", "gpu"),
  parent: fc.constantFrom(null, null, PARENT),
  start_timestamp: fc.integer({ min: 0, max: 20 }).map(timestampOf),
});

const query = fc.record(
  {
    action: few("core.local", "made.one", "no.such"),
    status: few("running", "succeeded", "failed"),
    user: few("ann"),
    runner: few("action-chain"),
    pool: few("gpu"),
    parent: few("null", PARENT),
    timestamp_gt: few(timestampOf(4)),
    timestamp_lt: few(timestampOf(15)),
    sort: few("start_timestamp", "-start_timestamp", "id", "-status"),
  },
  { requiredKeys: [] },
);

function read<T>({ sql, values }: Term): T[] {
  return db.prepare(sql).all(...values) as T[];
}

/** The rows of a query, by its definition. */
function wanted(rows: readonly Row[], asked: Record<string, string>): string[] {
  const { sort, timestamp_gt = "", timestamp_lt = "~", parent, ...equal } = asked;
  const { column, descending } = readSelection(asked);
  const keyOf = (one: Row) => `${one[column as keyof Row]} ${one.id}`;
  const found = rows
    .filter((one) => Object.entries(equal).every(([name, value]) => one[name as keyof Row] === value))
    .filter((one) => parent === undefined || (one.parent ?? "null") === parent)
    .filter((one) => one.start_timestamp > timestamp_gt && one.start_timestamp < timestamp_lt)
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return (descending ? found.reverse() : found).map(({ id }) => id);
}

/** Writes the rows as the index gets them: created, then with their status. */
function fill(rows: readonly Row[]): void {
  db.exec("DELETE FROM executions; DELETE FROM execution_counts");
  const insert = db.prepare(
    `INSERT INTO executions (id, version, action, runner, status, user, parent, pool, start_timestamp, document)
     VALUES (?, 1, ?, ?, 'requested', ?, ?, ?, ?, '{}')`,
  );
  for (const { id, action, runner, user, parent, pool, start_timestamp } of rows)
    insert.run(id, action, runner, user, parent, pool, start_timestamp);
  const end = db.prepare("UPDATE executions SET status = ? WHERE id = ?");
  for (const { id, status } of rows) end.run(status, id);
}

it("lists, pages and counts exactly the rows of a query, in its order", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: 60 }),
      fc.array(query, { minLength: 5, maxLength: 5 }),
      fc.integer({ min: 1, max: 7 }),
      (rows, queries, limit) => {
        fill(rows);
        for (const asked of queries) {
          const all = wanted(rows, asked);
          const selection = readSelection(asked);
          const total = read<{ total: number }>(countStatement(selection))[0]?.total;
          expect(total).toBe(all.length);
          // A request beyond the last row reads no page.
          const offsets = [0, 1, all.length - 2].filter((at) => at === 0 || (at > 0 && at < all.length));
          for (const offset of offsets) {
            const paged: string[] = [];
            let start: Start = { offset, total: all.length };
            for (;;) {
              const page: Place[] = read<Place>(pageStatement(selection, start, limit));
              paged.push(...page.map(({ id }) => id));
              const last: Place | undefined = page.at(-1);
              if (!last || page.length < limit) break;
              start = { column: last.key, id: last.id };
            }
            expect(paged).toEqual(all.slice(offset));
          }
        }
      },
    ),
  );
});

it.each([
  { asked: { status: "succeeded" } },
  { asked: { user: "ann", timestamp_gt: timestampOf(3) } },
  { asked: { pool: "gpu", timestamp_lt: timestampOf(55) } },
  { asked: { action: "core.local", sort: "start_timestamp" } },
])("finds deep pages, also where the largest group lies at one end: %j", ({ asked }) => {
  const statuses: Status[] = ["succeeded", "succeeded", "succeeded", "failed", "running"];
  const rows = Array.from({ length: 2_000 }, (_, at): Row => {
    const drawn = (at * 7_919) % 1_009;
    const is_early = at < 900;
    return {
      id: at.toString(16).padStart(24, "0"),
      action: is_early || drawn % 2 === 0 ? "core.local" : "made.one",
      status: is_early ? "succeeded" : (statuses[drawn % statuses.length] ?? "failed"),
      user: is_early || drawn % 3 > 0 ? "ann" : "ben",
      runner: "local-shell-cmd",
      pool: is_early || drawn % 5 > 1 ? "gpu" : "default",
      parent: null,
      start_timestamp: timestampOf(Math.floor(at / 34)),
    };
  });
  fill(rows);
  const all = wanted(rows, asked);
  expect(all.length).toBeGreaterThan(800);
  for (const offset of [199, 200, 201, 400, 700, all.length - 400, all.length - 230, all.length - 3]) {
    const page = pageStatement(readSelection(asked), { offset, total: all.length }, 20);
    expect(read<Place>(page).map(({ id }) => id)).toEqual(all.slice(offset, offset + 20));
  }
});

it("counts completed executions when they end, and not before or after they are deleted", () => {
  db.exec("DELETE FROM executions; DELETE FROM execution_counts");
  const insert = db.prepare(
    `INSERT INTO executions (id, version, action, runner, status, user, start_timestamp, document)
     VALUES (?, 1, 'core.local', 'local-shell-cmd', ?, 'ann', '', '')`,
  );
  const counted = () => db.prepare("SELECT status, count FROM execution_counts WHERE count > 0").all();
  const statuses: Status[] = ["requested", "running", "failed"];
  for (const status of statuses) insert.run(status, status);
  expect(statuses.filter(isCompleted)).toEqual(["failed"]);
  expect(counted()).toEqual([{ status: "failed", count: 1 }]);
  db.exec("UPDATE executions SET status = 'failed', document = 'later'");
  expect(counted()).toEqual([{ status: "failed", count: 3 }]);
  db.exec("DELETE FROM executions WHERE id = 'running'");
  expect(counted()).toEqual([{ status: "failed", count: 2 }]);
});
