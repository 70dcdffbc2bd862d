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

describe.each(QUERIES)("a list by %j", (query) => {
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

  it("is counted from the stored counts, or in an index only", async () => {
    const plan = await planOf(countStatement(selection));
    const is_counted = !(
      "timestamp" in query ||
      "timestamp_gt" in query ||
      /^\w{24}$/.test(query.parent ?? "")
    );
    expect(plan).toMatch(
      is_counted
        ? /^(SEARCH|SCAN) execution_counts[^\n]*$/
        : /^(SEARCH|SCAN) executions USING COVERING INDEX executions_by_\w+[^\n]*$/,
    );
  });
});

it.each([{ id: "6b04912e0000abcdef000001" }, { liveaction: "6b04912e0000abcdef000001" }])(
  "a list by %j reads only the rows that it names",
  async (query) => {
    const plan = await planOf(pageStatement(readSelection(query), { offset: 0, total: 1 }, 100));
    expect(plan).toMatch(/SEARCH executions USING INDEX/);
    expect(plan).not.toMatch(/SCAN executions/);
  },
);
