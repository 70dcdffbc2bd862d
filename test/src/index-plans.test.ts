import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { countStatement, pageStatement, type Start } from "../../src/index/execution-list.ts";
import type { Term } from "../../src/index/term.ts";
import { readSelection } from "../../src/routes/executions/filter.ts";

/** The database's plan for a statement, one step a line. */
async function planOf({ sql, values }: Term): Promise<string> {
  const { results } = await env.INDEX.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .all<{ detail: string }>();
  return results.map(({ detail }) => detail).join("\n");
}

const QUERIES: Record<string, string>[] = [
  {},
  { parent: "null" },
  { status: "failed" },
  { action: "core.local" },
  { action: "core.local", status: "failed" },
  { action: "core.local", status: "failed", parent: "null" },
  { status: "failed", parent: "null" },
  { user: "ann" },
  { user: "ann", status: "failed", action: "core.local", parent: "null" },
  { runner: "local-shell-cmd" },
  { action_contains: "local" },
  { action_contains: "local", user_contains: "an", status: "failed", parent: "null" },
  { pool: "gpu" },
  { pool: "gpu", action: "core.local", status: "failed", parent: "null" },
  { timestamp_gt: "2026-11-01T00:00:00Z" },
  { timestamp: "2026-11-01T00:00:00Z..2026-11-02T00:00:00Z", status: "failed" },
  { parent: "6b04912e0000abcdef000001" },
];

const STARTS: Start[] = [
  { offset: 0, total: 100_000 },
  { offset: 40_000, total: 100_000 },
  { offset: 99_900, total: 100_000 },
  { column: "2026-11-01T00:00:00.000000Z", id: "6b04912e0000abcdef000001" },
];

/** Lists that are read in the order of one index. The others are merged from groups of completed executions. */
const is_plain = (query: Record<string, string>) =>
  Object.keys(query).every((name) => name === "parent" || name.startsWith("timestamp"));

describe.each(QUERIES.filter(is_plain))("a list by %j", (query) => {
  const selection = readSelection(query);

  it.each(STARTS)("is read in the order of an index, from any start: %j", async (start) => {
    for (const descending of [true, false]) {
      const plan = await planOf(pageStatement({ ...selection, descending }, start, 100));
      expect(plan).toMatch(/USING (COVERING )?INDEX executions_by_/);
      expect(plan).not.toContain("TEMP B-TREE");
      // The search for a page's start reads no document.
      if ("offset" in start && start.offset > 0)
        expect(plan).toMatch(/SCALAR SUBQUERY[^\n]*\n(SEARCH|SCAN) executions USING COVERING INDEX/);
    }
  });
});

describe.each(QUERIES.filter((query) => !is_plain(query)))("a list by %j", (query) => {
  it.each(STARTS)("is merged in indexes, and reads the documents of its page only: %j", async (start) => {
    for (const descending of [true, false]) {
      const plan = await planOf(pageStatement({ ...readSelection(query), descending }, start, 100));
      const steps = plan.match(/(SCAN|SEARCH) (one|executions) [^\n]*/g) ?? [];
      const in_groups = steps.filter((step) => step.includes(" one "));
      for (const step of in_groups)
        expect(step).toMatch(
          /^SEARCH one USING COVERING INDEX executions_completed \(action=. AND .* AND pool=\?/,
        );
      expect(in_groups.filter((step) => /\(start_timestamp,id\)[<>]/.test(step))).not.toEqual([]);
      const [document, ...open] = steps.filter((step) => !in_groups.includes(step)).reverse();
      expect(document).toBe("SEARCH executions USING INDEX sqlite_autoindex_executions_1 (id=?)");
      expect(open).not.toEqual([]);
      for (const step of open)
        expect(step).toMatch(/(SCAN|SEARCH) executions USING COVERING INDEX executions_uncompleted/);
    }
  });
});

it.each(QUERIES)("a list by %j is counted from the stored counts, or in an index only", async (query) => {
  const steps = (await planOf(countStatement(readSelection(query)))).match(
    /(SCAN|SEARCH) (one|executions|counted)[^\n]*/g,
  );
  for (const step of steps ?? []) expect(step).toMatch(/^(SCAN|SEARCH) counted|USING COVERING INDEX/);
  const has_bounds = Object.keys(query).some((name) => name.startsWith("timestamp"));
  if (!has_bounds && query.parent?.length !== 24)
    expect(steps?.map((step) => step.replace(/ USING.*/, ""))).toEqual([
      expect.stringContaining(" counted"),
      expect.stringContaining(" executions"),
    ]);
});

it.each([{ id: "6b04912e0000abcdef000001" }, { liveaction: "6b04912e0000abcdef000001" }])(
  "a list by %j reads only the rows that it names",
  async (query) => {
    const plan = await planOf(pageStatement(readSelection(query), { offset: 0, total: 1 }, 100));
    expect(plan).toMatch(/SEARCH executions USING INDEX/);
    expect(plan).not.toMatch(/SCAN executions/);
  },
);
