import { styleText } from "node:util";
import Table from "cli-table3";
import type { Bar } from "./figures.ts";
import { median } from "./statistics.ts";

/** All values, by figure with its unit, then by system, one for each round. */
export interface Report {
  rounds: number;
  machine: string;
  values: Record<string, Record<string, number[]>>;
}

/** Prints medians, ratios to the references, and whether each bar is met. */
export function printReport({ rounds, machine, values }: Report, bars: Bar[]): void {
  const table = new Table({
    head: ["", "tailrace", "minimal worker", "ratio", "plain node", "ratio"],
    colAligns: ["left", "right", "right", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const [row, systems] of Object.entries(values)) {
    const [own, minimal, node] = ["tailrace", "minimal worker", "plain node"].map((name) =>
      median(systems[name] ?? []),
    );
    table.push([row, text(own), text(minimal), ratio(own, minimal), text(node), ratio(own, node)]);
  }
  process.stdout.write(
    `Medians of ${rounds} rounds; ${machine}; load and servers on the same machine.\n${table}\n\n`,
  );
  for (const bar of bars) if (values[bar.row]) process.stdout.write(`${judge(bar, values[bar.row] ?? {})}\n`);
}

function judge(bar: Bar, systems: Record<string, number[]>): string {
  const own = median(systems.tailrace ?? []);
  const { reached, met, target } = judged(bar, own, median(systems["minimal worker"] ?? []));
  return `${met ? styleText("green", "met    ") : styleText("red", "not met")} ${bar.row}: ${text(reached)} (${target})`;
}

function judged(
  { at_least_of_minimal, at_least, at_most }: Bar,
  own: number,
  minimal: number,
): { reached: number; met: boolean; target: string } {
  if (at_most !== undefined) return { reached: own, met: own <= at_most, target: `≤ ${at_most}` };
  if (at_least !== undefined) return { reached: own, met: own >= at_least, target: `≥ ${at_least}` };
  const share = at_least_of_minimal ?? 0;
  return {
    reached: own / minimal,
    met: own / minimal >= share,
    target: `≥ ${share} of the minimal worker`,
  };
}

function text(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function ratio(own: number | undefined, other: number | undefined): string {
  return own === undefined || other === undefined || Number.isNaN(own / other)
    ? ""
    : `× ${(own / other).toFixed(2)}`;
}
