import { counted, OWN, type Report, remarks, systemsOf, text } from "../report.ts";
import { median } from "../statistics.ts";
import { ROWS, samplesOf } from "./rows.ts";

/** The part of the document that shows a run beside peers. */
export function peersSection(report: Report): string {
  const { made, rounds, is_quick } = report;
  const versions = Object.entries(made.versions).map(([name, version]) => `${name} ${version}`);
  const systems = systemsOf(report);
  return [
    `Medians of ${counted(rounds, "round")}${is_quick ? " of the short kind (`--quick`)" : ""}, and in parentheses the lowest and the highest of them. ${made.date}, commit ${made.commit}, ${made.machine}; ${versions.join(", ")}. The samples are in [bench/results/peers.json](../bench/results/peers.json).`,
    "",
    "![Each system's figures as multiples of Tailrace's](pictures/peers.svg)",
    "",
    `| figure | ${systems.map((name) => (name === OWN ? "Tailrace" : name)).join(" | ")} |`,
    `| --- | ${systems.map(() => "---:").join(" | ")} |`,
    ...ROWS.filter(({ row }) => report.values[row]).map(
      (row) => `| ${row.title} | ${systems.map((name) => cell(samplesOf(report, row, name))).join(" | ")} |`,
    ),
    "",
    ...remarks(report).map((line) => `- ${line}`),
    "",
  ].join("\n");
}

function cell(samples: number[]): string {
  if (samples.length === 0) return "";
  const middle = text(median(samples));
  if (samples.length === 1) return middle;
  return `${middle} (${text(Math.min(...samples))} to ${text(Math.max(...samples))})`;
}
