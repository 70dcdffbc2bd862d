import { readFileSync } from "node:fs";
import type { Report } from "../report.ts";
import { median } from "../statistics.ts";

/**
 * Prints the table of docs/cost.md from the figures of `npm run bench -- --only "cost of" --json FILE`:
 * node bench/cost/table.ts FILE
 */
const [file = ""] = process.argv.slice(2);
const { values } = JSON.parse(readFileSync(file, "utf8")) as Report;

/** The columns: the unit of a figure, and how it is shown. */
const COLUMNS = [
  { head: "Worker requests", unit: "Worker requests" },
  { head: "object requests", unit: "object requests" },
  { head: "object messages", unit: "object messages" },
  { head: "object rows written", unit: "object rows written" },
  { head: "D1 rows written", unit: "D1 rows written" },
  { head: "audit rows", unit: "rows of the audit log" },
  { head: "object seconds", unit: "object seconds" },
  { head: "$ for a million", unit: "millionths of a dollar" },
  {
    head: "of a request and a row per line",
    unit: "one part in",
    show: (value: number) => `1/${text(value)}`,
  },
  { head: "p50", unit: "p50 ms", show: (value: number) => `${text(value)} ms` },
  { head: "first line", unit: "first line after quiet, ms", show: (value: number) => `${text(value)} ms` },
];

const names = new Set(Object.keys(values).map((row) => row.slice(0, row.indexOf(" ["))));
const lines = [
  ["cost of", ...COLUMNS.map(({ head }) => head)],
  ["---", ...COLUMNS.map(() => "---:")],
  ...[...names].map((name) => [name.replace("cost of ", ""), ...COLUMNS.map((column) => cell(name, column))]),
];
for (const line of lines) process.stdout.write(`| ${line.join(" | ")} |\n`);

function cell(name: string, { unit, show = text }: (typeof COLUMNS)[number]): string {
  const measured = values[`${name} [${unit}]`]?.tailrace;
  return measured === undefined ? "" : show(median(measured));
}

function text(value: number): string {
  return value >= 10 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1);
}
