import { styleText } from "node:util";
import Table from "cli-table3";
import { OTHERS_SHARE_MAX } from "./calm.ts";
import type { Bar } from "./figures.ts";
import type { Made } from "./machine.ts";
import { median } from "./statistics.ts";
import type { MissingPeer } from "./systems/system.ts";

/** The samples of a run, with what is needed to judge them. */
export interface Report {
  made: Made;
  rounds: number;
  /** Whether each sample was taken in a shorter time. */
  is_quick: boolean;
  /** All values, by figure with its unit, then by system, one for each round. */
  values: Record<string, Record<string, number[]>>;
  /** Peers that are not installed, and how to install them. */
  missing: MissingPeer[];
  /** Samples that were taken again, because other programs used the machine at that time. */
  retakes: number;
  /** Samples that count although they were contaminated, after all retakes. */
  contaminated: Place[];
  /** Samples that failed. */
  dropped: (Place & { why: string })[];
}

/** One sample's place. */
export interface Place {
  figure: string;
  system: string;
  round: number;
}

/** Prints medians with their ratios to Tailrace's, what is wrong with samples, and whether each bar is met. */
export function printReport(report: Report, bars: Bar[]): void {
  const { rounds, made, values } = report;
  const systems = systemsOf(report);
  const table = new Table({
    head: ["", ...systems],
    colAligns: ["left", ...systems.map(() => "right" as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const [row, samples] of Object.entries(values)) {
    const own = median(samples[OWN] ?? []);
    table.push([row, ...systems.map((name) => cell(name, median(samples[name] ?? []), own))]);
  }
  process.stdout.write(
    `Medians of ${counted(rounds, "round")}; ${made.machine}; load and servers on the same machine.\nIn parentheses: times Tailrace's.\n${table}\n\n`,
  );
  for (const line of remarks(report)) process.stdout.write(`${line}\n`);
  for (const bar of bars) if (values[bar.row]) process.stdout.write(`${judge(bar, values[bar.row] ?? {})}\n`);
}

/** The name of this project among the systems. */
export const OWN = "tailrace";

/** The systems that have samples: ours first, the others in the order in which they took turns. */
export function systemsOf({ values }: Report): string[] {
  const others = Object.values(values).flatMap((samples) => Object.keys(samples));
  return [...new Set([OWN, ...others])];
}

/** What a reader has to know of the samples, in whole sentences. */
export function remarks({ missing, retakes, contaminated, dropped }: Report): string[] {
  const bound = `other programs used more than ${OTHERS_SHARE_MAX * 100} % of the machine`;
  return [
    ...missing.map(({ name, missing }) => `${name} is not installed: ${missing}`),
    `Taken again, unseen, because ${bound}: ${counted(retakes, "sample")}.`,
    ...(contaminated.length === 0
      ? []
      : [
          `Counted although ${bound}: ${counted(contaminated.length, "sample")}, ${placesText(contaminated)}.`,
        ]),
    ...[...Map.groupBy(dropped, ({ why }) => why)].map(
      ([why, places]) => `Dropped: ${placesText(places)}. The reason: ${why}.`,
    ),
  ];
}

/** "1 round", "2 rounds". */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** Places by figure: "ingest (tailrace, plain node); replay (tailrace)". */
function placesText(places: Place[]): string {
  const figures = [...Map.groupBy(places, ({ figure }) => figure)];
  return figures
    .map(([figure, places]) => `${figure} (${[...new Set(places.map(({ system }) => system))].join(", ")})`)
    .join("; ");
}

function cell(system: string, value: number, own: number): string {
  if (Number.isNaN(value)) return "";
  if (system === OWN || Number.isNaN(own)) return text(value);
  return `${text(value)} (${text(value / own)})`;
}

function judge(bar: Bar, systems: Record<string, number[]>): string {
  const own = median(systems[OWN] ?? []);
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

/** A value with three digits. */
export function text(value: number): string {
  if (Number.isNaN(value)) return "";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3);
}
