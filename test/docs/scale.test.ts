import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { allVars } from "../../cli/base/worker-vars.ts";
import * as limits from "../../protocol/base/limits.ts";
import * as reader_limits from "../../protocol/base/reader-limits.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/scale.md"), "utf8");

const UNITS: Record<string, number> = { "": 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, s: 1, ms: 1 };

/** The bounds in the page's tables, with their values. */
const named = [...PAGE.matchAll(/^\|[^|]+\| `([A-Z_]+)` \| ([\d,]+) ?(\w*) \|/gm)].map(
  ([, name = "", digits = "", unit = ""]) =>
    [name, Number(digits.replaceAll(",", "")) * (UNITS[unit] ?? 0)] as const,
);

it("the page on scale has the bounds of the code", () => {
  const settings = Object.fromEntries(allVars().map(({ name, standard }) => [name, standard]));
  const bounds: Record<string, unknown> = { ...limits, ...reader_limits, ...settings };
  expect(named.length).toBeGreaterThan(30);
  expect(Object.fromEntries(named)).toEqual(Object.fromEntries(named.map(([name]) => [name, bounds[name]])));
});

it("the page on scale names a bound in each row of its tables", () => {
  const rows = PAGE.split("\n").filter((line) => line.startsWith("| ") && line.split("|").length === 6);
  expect(rows.filter((row) => !row.startsWith("| what ") && !row.startsWith("| --- ")).length).toBe(
    named.length,
  );
});
